package io.loadstar.pull.served;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads lines from a socket, and no more than is bearable. Not thread-safe. */
final class LineReader {

  /** A variable has 128 KiB at most (Linux' MAX_ARG_STRLEN), and three times that as in a form. */
  private static final int MAX_LINE_BYTES = 3 * (128 << 10) + (1 << 10);

  private static final int BUFFER_BYTES = 1 << 13;

  private final ReadableByteChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).flip();
  private long left;

  /**
   * @param most how many bytes are read in all
   */
  LineReader(ReadableByteChannel channel, long most) {
    this.channel = channel;
    this.left = most;
  }

  /**
   * The next line; empty at the end. What stands after the last line's end is left out.
   *
   * @throws MalformedLineException if it, or all of it, is too long, or isn't one
   */
  Optional<Line> read() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      while (buffer.hasRemaining()) {
        byte next = buffer.get();
        if (next == '\n') {
          return Optional.of(Line.parse(line.toString(StandardCharsets.US_ASCII)));
        }
        if (line.size() == MAX_LINE_BYTES) {
          throw new MalformedLineException("a line is longer than " + MAX_LINE_BYTES + " bytes");
        }
        line.write(next);
      }
      if (!fill()) {
        return Optional.empty();
      }
    }
  }

  private boolean fill() throws IOException {
    buffer.clear();
    int count = channel.read(buffer);
    buffer.flip();
    left -= Math.max(0, count);
    if (left < 0) {
      throw new MalformedLineException("more is sent than is read");
    }
    return count >= 0;
  }
}
