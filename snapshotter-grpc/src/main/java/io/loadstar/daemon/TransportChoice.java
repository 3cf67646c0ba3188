package io.loadstar.daemon;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Which transport serves mounts. */
enum TransportChoice {

  /** The kernel's own protocol where that can be spoken, else libfuse2. */
  AUTO,

  /** The kernel's own protocol, over /dev/fuse. */
  KERNEL,

  /** libfuse2, through jnr-fuse. */
  JNR;

  /** The one that the configuration calls so; null if there is none. */
  static @Nullable TransportChoice named(String name) {
    for (TransportChoice choice : values()) {
      if (choice.name().toLowerCase(Locale.ROOT).equals(name)) {
        return choice;
      }
    }
    return null;
  }
}
