package io.loadstar.transport.kernel;

import io.loadstar.linux.MountTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the kernel reads ahead in the files of a mount: INIT can't raise it over the 128 KiB that
 * every file system begins with, its backing device's attribute can (Linux,
 * Documentation/ABI/testing/sysfs-class-bdi).
 */
final class ReadAhead {

  private static final Logger LOG = LoggerFactory.getLogger(ReadAhead.class);

  /** As much as one READ brings. */
  private static final int KIBIBYTES = Agreement.MAX_READ >> 10;

  private ReadAhead() {}

  /** Raises it; where /sys can't be written, reading is a little slower, and that's all. */
  static void raise(MountTable.Entry mount) {
    Path attribute =
        Path.of("/sys/class/bdi", mount.major() + ":" + mount.minor(), "read_ahead_kb");
    try {
      Files.write(
          attribute,
          Integer.toString(KIBIBYTES).getBytes(StandardCharsets.US_ASCII),
          StandardOpenOption.WRITE);
    } catch (IOException e) {
      LOG.debug("the read-ahead of {} stays what it is: {}", mount.mountPoint(), e.toString());
    }
  }
}
