package io.loadstar.fuzz;

import java.util.Arrays;
import java.util.List;

/**
 * Where Jazzer comes in: {@code --target_class} is this, {@code --target_args} a target's name, or
 * {@link #ANY}: then an input's first byte says which.
 */
public final class FuzzEntryPoint {

  static final String ANY = "ANY";

  /** By their number. */
  static final List<FuzzTarget> TARGETS = List.of(FuzzTarget.values());

  private static String target = ANY;

  private FuzzEntryPoint() {}

  /** Called once by Jazzer, before the first input. */
  public static void fuzzerInitialize(String[] arguments) {
    target = arguments[0];
  }

  /** Called by Jazzer for each input. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (!target.equals(ANY)) {
      FuzzTarget.valueOf(target).accepts(input);
    } else if (input.length > 0) {
      int number = (input[0] & 0xff) % TARGETS.size();
      TARGETS.get(number).accepts(Arrays.copyOfRange(input, 1, input.length));
    }
  }
}
