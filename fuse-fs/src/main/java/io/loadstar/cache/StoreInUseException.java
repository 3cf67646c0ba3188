package io.loadstar.cache;

import java.io.IOException;
import java.nio.file.Path;

/** The directory of a store is used by another process, or by another store of this one. */
public final class StoreInUseException extends IOException {

  private static final long serialVersionUID = 1;

  StoreInUseException(Path root) {
    super(root + ": the content store is in use by another process");
  }
}
