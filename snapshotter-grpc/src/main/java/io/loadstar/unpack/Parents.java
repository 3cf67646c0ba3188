package io.loadstar.unpack;

import io.loadstar.linux.DirectoryHandle;
import io.loadstar.linux.Errno;
import io.loadstar.linux.ErrnoException;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the directory that an entry goes into, and makes it if it isn't there. Not thread-safe. The
 * last one stays open: entries of one directory mostly come together.
 */
final class Parents implements Closeable {

  private static final int USUAL_PERMISSIONS = 0755;

  private final DirectoryHandle root;
  private final Made made;
  private @Nullable DirectoryHandle open;
  private String openPath = "";
  private boolean stale;

  /** Is told of each directory that is made. */
  @FunctionalInterface
  interface Made {
    void directory(String path) throws IOException;
  }

  Parents(DirectoryHandle root, Made made) {
    this.root = root;
    this.made = made;
  }

  /**
   * The parent of {@code path}; valid until the next call.
   *
   * @throws IOException if there is something else than a directory on the way
   */
  DirectoryHandle of(List<String> path) throws IOException {
    String parent = String.join("/", path.subList(0, path.size() - 1));
    DirectoryHandle found = open;
    if (found != null && !stale && parent.equals(openPath)) {
      return found;
    }
    close();
    found = find(parent, path);
    open = found;
    openPath = parent;
    stale = false;
    return found;
  }

  /** Something on the way may have been replaced: nothing is taken for granted at the next call. */
  void forget() {
    stale = true;
  }

  private DirectoryHandle find(String parent, List<String> path) throws IOException {
    try {
      return root.openBeneath(parent);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
      makeMissing(path);
      return root.openBeneath(parent);
    }
  }

  private void makeMissing(List<String> path) throws IOException {
    for (int depth = 1; depth < path.size(); depth++) {
      String directory = String.join("/", path.subList(0, depth));
      try (DirectoryHandle above = root.openBeneath(String.join("/", path.subList(0, depth - 1)))) {
        String name = path.get(depth - 1);
        if (above.status(name).isEmpty()) {
          above.makeDirectory(name, USUAL_PERMISSIONS);
          above.permit(name, USUAL_PERMISSIONS);
          made.directory(directory);
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    DirectoryHandle last = open;
    open = null;
    if (last != null) {
      last.close();
    }
  }
}
