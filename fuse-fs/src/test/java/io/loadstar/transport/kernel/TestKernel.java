package io.loadstar.transport.kernel;

import static io.loadstar.transport.kernel.FuseWire.InHeader;
import static io.loadstar.transport.kernel.FuseWire.OutHeader;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.transport.Failures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;

/** The kernel's side of a protocol, without one: makes requests, looks at replies. */
final class TestKernel {

  private static final int REPLY_ROOM = 68 << 10;

  final FuseProtocol protocol;
  final TestRegistry registry = new TestRegistry();
  private final ByteBuffer request = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
  private final ByteBuffer reply = ByteBuffer.allocate(REPLY_ROOM);
  private final Exchange exchange;
  private long unique = 2;

  TestKernel(ReadOnlyFileSystem fileSystem, Agreement.Terms terms) {
    protocol =
        new FuseProtocol(
            fileSystem,
            new Failures(Path.of("/test")),
            terms,
            new BackingFiles(fileSystem, registry));
    exchange = new Exchange(fileSystem, request, reply);
  }

  /** A body of 32-bit numbers. */
  static byte[] ints(int... numbers) {
    ByteBuffer body = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int number : numbers) {
      body.putInt(number);
    }
    return body.array();
  }

  /** A body of a READ, READDIR or READDIRPLUS. */
  static byte[] readIn(long offset, int size) {
    return ints(0, 0, (int) offset, (int) (offset >>> 32), size, 0, 0, 0, 0, 0);
  }

  /** A name as the kernel writes it. */
  static byte[] name(String name) {
    return (name + "\0").getBytes(UTF_8);
  }

  /** Two pieces of a body. */
  static byte[] joined(byte[] one, byte[] other) {
    return ByteBuffer.allocate(one.length + other.length).put(one).put(other).array();
  }

  /** INIT as the kernel of {@code minor} offers it. */
  int init(int minor, long flags) {
    byte[] body =
        joined(ints(7, minor, 128 << 10, (int) flags, (int) (flags >>> 32)), new byte[4 * 11]);
    return ask(Opcode.INIT, 0, body);
  }

  /**
   * Asks the protocol.
   *
   * @return what it answered; a reply's header is checked
   */
  int ask(int opcode, long node, byte[] body) {
    request.clear();
    request.putInt(InHeader.SIZE + body.length).putInt(opcode).putLong(unique).putLong(node);
    request.putLong(0).putLong(0).put(body);
    return send(InHeader.SIZE + body.length);
  }

  /** A request that was recorded: hex digits, blanks between them as one likes. */
  int askRecorded(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    return askRaw(bytes, bytes.length);
  }

  /** Any bytes at all. */
  int askRaw(byte[] bytes, int length) {
    request.clear();
    request.put(bytes, 0, Math.min(bytes.length, request.capacity()));
    return send(length);
  }

  private int send(int length) {
    exchange.received(length);
    unique = length >= InHeader.SIZE ? exchange.unique() : 0;
    int answer = protocol.answer(exchange);
    if (answer > 0) {
      assertTrue(answer >= OutHeader.SIZE && answer <= reply.capacity(), "length " + answer);
      assertEquals(answer, reply.getInt(OutHeader.LENGTH));
      assertEquals(unique, reply.getLong(OutHeader.UNIQUE));
      int error = reply.getInt(OutHeader.ERROR);
      assertTrue(error <= 0 && error > -512, "error " + error); // what the kernel takes
      assertTrue(error == 0 || answer == OutHeader.SIZE, "an error with a body");
    }
    unique += 2;
    return answer;
  }

  /** The reply's error: 0 or less. */
  int error() {
    return reply.getInt(OutHeader.ERROR);
  }

  int intAt(int offset) {
    return reply.getInt(OutHeader.SIZE + offset);
  }

  int shortAt(int offset) {
    return reply.getShort(OutHeader.SIZE + offset) & 0xffff;
  }

  long longAt(int offset) {
    return reply.getLong(OutHeader.SIZE + offset);
  }

  /** So many of the reply's bytes behind the header, as text. */
  String text(int offset, int length) {
    byte[] bytes = new byte[length];
    reply.get(OutHeader.SIZE + offset, bytes);
    return new String(bytes, UTF_8);
  }
}
