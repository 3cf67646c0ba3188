package io.loadstar.layout;

import io.loadstar.tar.TarInput;
import io.loadstar.tar.UnsupportedTarException;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * An archive's tar as a file that can be read at any place: itself, or what it decompresses to.
 * Closing it removes what was decompressed.
 *
 * @param channel the tar
 */
record OpenTar(FileChannel channel) implements Closeable {

  /** What a compressed archive may grow to, as a part of the room that there is: nine tenths. */
  private static final int ROOM_PARTS = 10;

  private static final int BUFFER = 1 << 16;

  /** Where large temporary files belong (file-hierarchy standard): /tmp is often memory. */
  private static final Path USUAL = Path.of("/var/tmp");

  static OpenTar open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      if (!isCompressed(channel)) {
        return new OpenTar(channel);
      }
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    channel.close();
    return decompressed(file);
  }

  /** RFC 1952, section 2.3.1; RFC 8878, section 3.1.1. */
  private static boolean isCompressed(FileChannel channel) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(Integer.BYTES);
    channel.read(start, 0);
    byte[] bytes = start.array();
    boolean gzip = bytes[0] == 0x1f && bytes[1] == (byte) 0x8b;
    boolean zstd = start.getInt(0) == 0x28b52ffd;
    return gzip || zstd;
  }

  private static OpenTar decompressed(Path file) throws IOException {
    String chosen = System.getenv("TMPDIR");
    Path folder = chosen == null || chosen.isEmpty() ? USUAL : Path.of(chosen);
    Path spool = Files.createTempFile(folder, "loadstar-archive-", ".tar");
    // Deleted when it is closed; a process that is killed leaves it to whoever tidies /var/tmp.
    FileChannel channel =
        FileChannel.open(
            spool,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    try (InputStream in =
        TarInput.open(new BufferedInputStream(Files.newInputStream(file), BUFFER))) {
      copy(file, in, channel, Files.getFileStore(folder).getUsableSpace());
      return new OpenTar(channel);
    } catch (UnsupportedTarException e) {
      channel.close();
      throw new LayoutException.MalformedArchive(file, String.valueOf(e.getMessage()), e);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static void copy(Path file, InputStream in, FileChannel channel, long room)
      throws IOException {
    long most = room / ROOM_PARTS * (ROOM_PARTS - 1);
    byte[] buffer = new byte[BUFFER];
    long total = 0;
    int count = in.read(buffer);
    while (count >= 0) {
      total += count;
      if (total > most) {
        throw new LayoutException.NoRoom(file, most);
      }
      ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, count);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      count = in.read(buffer);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
