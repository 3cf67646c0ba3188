package io.loadstar.layout;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A layout or an archive that can't be read or written. The message is one line for the person at
 * the keyboard.
 */
public abstract sealed class LayoutException extends IOException {

  private static final long serialVersionUID = 1;

  private LayoutException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** The directory isn't there or isn't an OCI layout. */
  public static final class NotALayout extends LayoutException {
    private static final long serialVersionUID = 1;

    NotALayout(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** The layout or archive has no such image or blob. */
  public static final class NotFound extends LayoutException {
    private static final long serialVersionUID = 1;

    NotFound(String message) {
      super(message, null);
    }
  }

  /** The directory can't be read or written. */
  public static final class Inaccessible extends LayoutException {
    private static final long serialVersionUID = 1;

    Inaccessible(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** An archive that is damaged, or isn't what its kind must be. */
  public static final class MalformedArchive extends LayoutException {
    private static final long serialVersionUID = 1;

    MalformedArchive(Path file, String problem, @Nullable Throwable cause) {
      super("archive " + file + " is malformed: " + problem + " – make it again", cause);
    }
  }

  /** A compressed archive that grows beyond what there is room for. */
  public static final class NoRoom extends LayoutException {
    private static final long serialVersionUID = 1;

    NoRoom(Path file, long most) {
      super(
          "archive "
              + file
              + " decompresses to more than the "
              + most
              + " bytes that there is room for – set TMPDIR to a directory with more, or"
              + " decompress it first",
          null);
    }
  }
}
