package io.loadstar.coldstart;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.TimeoutException;

/** What is done with an image that isn't there yet. */
enum Workload {
  /** Pulled, created, run until the line that people wait for. */
  START {
    @Override
    ColdRun.Took in(ColdRun run, BenchImage image)
        throws IOException, InterruptedException, TimeoutException {
      return run.start(image, 1);
    }
  },

  /** The same of an update: the version before was started on this node; that isn't counted. */
  UPDATE {
    @Override
    ColdRun.Took in(ColdRun run, BenchImage image)
        throws IOException, InterruptedException, TimeoutException {
      run.start(image, 1);
      return run.start(image, 2);
    }
  },

  /** Every byte of its root file system read. */
  EVERYTHING {
    @Override
    ColdRun.Took in(ColdRun run, BenchImage image)
        throws IOException, InterruptedException, TimeoutException {
      return run.look(image, "tar --create . | cat >/dev/null");
    }
  },

  /** Its root file system walked, every inode looked at, no file read. */
  WALK {
    @Override
    ColdRun.Took in(ColdRun run, BenchImage image)
        throws IOException, InterruptedException, TimeoutException {
      return run.look(image, "ls -lR >/dev/null");
    }
  };

  abstract ColdRun.Took in(ColdRun run, BenchImage image)
      throws IOException, InterruptedException, TimeoutException;

  /** Its name on the command line and in results. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @throws IllegalArgumentException if there is none of that name
   */
  static Workload named(String word) {
    for (Workload each : values()) {
      if (each.word().equals(word)) {
        return each;
      }
    }
    throw new IllegalArgumentException(
        "no workload " + word + "; there are start, update, everything, walk");
  }
}
