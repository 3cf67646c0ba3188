package io.loadstar.optimize;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/**
 * Hands on the lines of a file that grows. Not thread-safe; closed by whoever opened it. A line
 * that is longer than {@value #MAX_LINE} bytes comes in pieces.
 */
final class OutputFollower implements Closeable {

  static final int MAX_LINE = 64 << 10;

  private final FileChannel channel;
  private final Consumer<String> lines;
  private final ByteBuffer buffer = ByteBuffer.allocate(MAX_LINE);
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  private OutputFollower(FileChannel channel, Consumer<String> lines) {
    this.channel = channel;
    this.lines = lines;
  }

  /**
   * Begins at the start of {@code file}, which is made if it isn't there.
   *
   * @param lines gets each line, without its end
   */
  static OutputFollower open(Path file, Consumer<String> lines) throws IOException {
    return new OutputFollower(
        FileChannel.open(
            file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE),
        lines);
  }

  /** Hands on what has been written since the last time, but for a line that isn't ended. */
  void follow() throws IOException {
    while (channel.read(buffer.clear()) > 0) {
      buffer.flip();
      while (buffer.hasRemaining()) {
        byte next = buffer.get();
        if (next == '\n') {
          flush();
        } else {
          line.write(next);
          if (line.size() == MAX_LINE) {
            flush();
          }
        }
      }
    }
  }

  /** The same with a line that isn't ended; nothing comes any more. */
  void finish() throws IOException {
    follow();
    if (line.size() > 0) {
      flush();
    }
  }

  /** How many bytes have been handed on. */
  long position() throws IOException {
    return channel.position();
  }

  private void flush() {
    String text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    lines.accept(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
