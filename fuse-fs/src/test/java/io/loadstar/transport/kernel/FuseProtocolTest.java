package io.loadstar.transport.kernel;

import static io.loadstar.fs.ReadOnlyFileSystem.ROOT;
import static io.loadstar.transport.MemoryFileSystem.S_IFCHR;
import static io.loadstar.transport.kernel.TestKernel.ints;
import static io.loadstar.transport.kernel.TestKernel.joined;
import static io.loadstar.transport.kernel.TestKernel.name;
import static io.loadstar.transport.kernel.TestKernel.readIn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.linux.Errno;
import io.loadstar.transport.Gate;
import io.loadstar.transport.MemoryFileSystem;
import io.loadstar.transport.kernel.FuseWire.Attr;
import io.loadstar.transport.kernel.FuseWire.AttrOut;
import io.loadstar.transport.kernel.FuseWire.Dirent;
import io.loadstar.transport.kernel.FuseWire.EntryOut;
import io.loadstar.transport.kernel.FuseWire.InitFlag;
import io.loadstar.transport.kernel.FuseWire.InitOut;
import io.loadstar.transport.kernel.FuseWire.OpenOut;
import io.loadstar.transport.kernel.FuseWire.OutHeader;
import io.loadstar.transport.kernel.FuseWire.StatfsOut;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests as bytes, replies as bytes: no device, no mount. */
final class FuseProtocolTest {

  /** All that Linux 6.18 offers. */
  private static final long ALL = 0x1ff_ffff_ffffL;

  private final MemoryFileSystem files = new MemoryFileSystem();
  private final TestKernel kernel = new TestKernel(files, Agreement.Terms.USUAL);

  @Test
  void whatIsAgreedUponIsWhatBothKnow() {
    assertEquals(OutHeader.SIZE + InitOut.SIZE, kernel.init(45, ALL));

    assertEquals(7, kernel.intAt(InitOut.MAJOR));
    assertEquals(45, kernel.intAt(InitOut.MINOR));
    assertEquals(128 << 10, kernel.intAt(InitOut.MAX_READAHEAD));
    assertEquals(256, kernel.shortAt(InitOut.MAX_PAGES));
    assertEquals(1024, kernel.shortAt(InitOut.MAX_BACKGROUND));
    assertEquals(4096, kernel.intAt(InitOut.MAX_WRITE));
    assertEquals(0, kernel.intAt(InitOut.MAX_STACK_DEPTH));
    long flags =
        (kernel.intAt(InitOut.FLAGS) & 0xffff_ffffL)
            | (long) kernel.intAt(InitOut.FLAGS2) << Integer.SIZE;
    for (int bit : new int[] {0, 13, 14, 15, 17, 18, 20, 21, 22, 23, 24, 30, 39, 40}) {
      assertTrue((flags & 1L << bit) != 0, "bit " + bit);
      flags &= ~(1L << bit);
    }
    assertEquals(0, flags);
  }

  @Test
  void aNewerKernelIsToldTheVersionThatIsKnown() {
    kernel.init(99, ALL);
    assertEquals(45, kernel.intAt(InitOut.MINOR));
  }

  @Test
  void anOldKernelIsRefused() {
    kernel.init(30, ALL);
    assertEquals(-Errno.EPROTO, kernel.error());
    assertNull(kernel.protocol.agreement());
  }

  @Test
  void aKernelOfFiveFourGetsNoFlagItDidNotOffer() {
    // Its request ends behind the flags, and it has no flags2.
    long offered = 0x03ff_ffffL;
    kernel.ask(Opcode.INIT, 0, ints(7, 31, 128 << 10, (int) offered));

    assertEquals(31, kernel.intAt(InitOut.MINOR));
    assertEquals(0, kernel.intAt(InitOut.FLAGS) & ~(int) offered);
    assertEquals(0, kernel.intAt(InitOut.FLAGS2));
  }

  @Test
  void flagsThatAreMaskedAreAsThoseOfAKernelWithoutThem() {
    long mask = ~(InitFlag.NO_OPEN_SUPPORT | InitFlag.NO_OPENDIR_SUPPORT | InitFlag.HAS_RESEND);
    TestKernel old =
        new TestKernel(files, new Agreement.Terms(mask, true, KernelOptions.BareXattrs.ANSWERED));
    long file = files.file(ROOT, "file", "x");
    old.init(45, ALL & ~InitFlag.PASSTHROUGH);

    Agreement settled = old.protocol.agreement();
    assertNotNull(settled);
    assertFalse(settled.has(InitFlag.HAS_RESEND));
    assertFalse(settled.has(InitFlag.PASSTHROUGH));
    old.ask(Opcode.OPEN, file, ints(0, 0));
    assertEquals(0, old.error());
    assertEquals(2 | 32, old.intAt(OpenOut.FLAGS));
    old.ask(Opcode.OPEN, file, ints(2, 0));
    assertEquals(-Errno.EROFS, old.error());
    old.ask(Opcode.OPENDIR, ROOT, ints(0, 0));
    assertEquals(2 | 8, old.intAt(OpenOut.FLAGS));
  }

  @Test
  void opensArentAskedForWhereTheKernelCanDoWithout() {
    long file = files.file(ROOT, "file", "x");
    kernel.init(45, ALL);

    kernel.ask(Opcode.OPEN, file, ints(0, 0));
    assertEquals(-Errno.ENOSYS, kernel.error());
    kernel.ask(Opcode.OPENDIR, ROOT, ints(0, 0));
    assertEquals(-Errno.ENOSYS, kernel.error());
  }

  @Test
  void aNameIsAnswersForGood() {
    long file = files.file(ROOT, "file", "12345");
    files.owner(file, 1000, 65_534);
    kernel.init(45, ALL);

    assertEquals(OutHeader.SIZE + EntryOut.SIZE, kernel.ask(Opcode.LOOKUP, ROOT, name("file")));
    assertEquals(file, kernel.longAt(EntryOut.NODE));
    assertEquals(EntryWriter.ENDLESS, kernel.longAt(EntryOut.ENTRY_VALID));
    assertEquals(EntryWriter.ENDLESS, kernel.longAt(EntryOut.ATTR_VALID));
    assertEquals(5, kernel.longAt(EntryOut.ATTR + Attr.BYTES));
    assertEquals(0100644, kernel.intAt(EntryOut.ATTR + Attr.MODE));
    assertEquals(1000, kernel.intAt(EntryOut.ATTR + Attr.UID));
    assertEquals(65_534, kernel.intAt(EntryOut.ATTR + Attr.GID));
    assertEquals(123_456_789, kernel.intAt(EntryOut.ATTR + Attr.MTIME_NANOS));

    kernel.ask(Opcode.LOOKUP, ROOT, name("absent"));
    assertEquals(0, kernel.error());
    assertEquals(0, kernel.longAt(EntryOut.NODE));
    assertEquals(EntryWriter.ENDLESS, kernel.longAt(EntryOut.ENTRY_VALID));

    kernel.ask(Opcode.LOOKUP, file, name("below"));
    assertEquals(-Errno.ENOTDIR, kernel.error());
  }

  /** As the kernel of 6.18 sent it for stat(2) of /file, and what getattr's reply must be. */
  @Test
  void recordedRequestsAreUnderstood() {
    long file = files.file(ROOT, "file", "12345");
    kernel.askRecorded(
        """
        68000000 1a000000 0200000000000000 0000000000000000 00000000 00000000 00000000 00000000
        07000000 2d000000 00000200 fbfffff3 ff030000
        """
            + "00".repeat(44));
    assertEquals(0, kernel.error());
    kernel.askRecorded(
        """
        2d000000 01000000 0400000000000000 0100000000000000 00000000 00000000 a4130000 00000000
        66696c6500
        """);
    assertEquals(file, kernel.longAt(EntryOut.NODE));
    kernel.askRecorded(
        """
        38000000 03000000 0600000000000000 0200000000000000 00000000 00000000 a4130000 00000000
        00000000 00000000 0000000000000000
        """);
    assertEquals(5, kernel.longAt(AttrOut.ATTR + Attr.BYTES));
    kernel.askRecorded(
        """
        50000000 0f000000 0800000000000000 0200000000000000 00000000 00000000 a4130000 00000000
        0000000000000000 0000000000000000 00100000 00000000 0000000000000000 00800000 00000000
        """);
    assertEquals("12345", kernel.text(0, 5));
  }

  @Test
  void devicesAndLinksAreWhatTheyAre() {
    long device = files.special(ROOT, "c", S_IFCHR | 0600, 4095, 0xf_ffff);
    long link = files.symlink(ROOT, "l", "to/where");

    kernel.ask(Opcode.GETATTR, device, new byte[16]);
    assertEquals(0xffff_ffff, kernel.intAt(AttrOut.ATTR + Attr.RDEV));
    assertEquals(OutHeader.SIZE + 8, kernel.ask(Opcode.READLINK, link, new byte[0]));
    assertEquals("to/where", kernel.text(0, 8));
    kernel.ask(Opcode.READLINK, device, new byte[0]);
    assertEquals(-Errno.EINVAL, kernel.error());
  }

  @Test
  void bytesAreReadUpToTheEnd() {
    long file = files.file(ROOT, "file", "0123456789");

    assertEquals(OutHeader.SIZE + 4, kernel.ask(Opcode.READ, file, readIn(2, 4)));
    assertEquals("2345", kernel.text(0, 4));
    assertEquals(OutHeader.SIZE + 3, kernel.ask(Opcode.READ, file, readIn(7, 4096)));
    assertEquals(OutHeader.SIZE, kernel.ask(Opcode.READ, file, readIn(10, 4096)));
    assertEquals(OutHeader.SIZE, kernel.ask(Opcode.READ, file, readIn(1L << 40, 4096)));
  }

  @Test
  void bytesThatArentThereAreLeftToLater() {
    long file = files.file(ROOT, "file", "0123456789");
    Gate gate = new Gate();
    files.holdBack(file, gate);

    assertEquals(FuseProtocol.LATER, kernel.ask(Opcode.READ, file, readIn(0, 10)));
    gate.open();
    assertEquals(OutHeader.SIZE + 10, kernel.ask(Opcode.READ, file, readIn(0, 10)));
  }

  @ParameterizedTest
  @ValueSource(ints = {Opcode.READDIR, Opcode.READDIRPLUS})
  void aDirectoryIsListedInPieces(int opcode) {
    for (int i = 0; i < 500; i++) {
      files.file(ROOT, "n".repeat(1 + i % 255) + i, "");
    }
    files.file(ROOT, "file", "");
    kernel.ask(Opcode.READDIRPLUS, ROOT, readIn(0, 4096));
    kernel.ask(Opcode.LOOKUP, ROOT, name("file"));
    List<String> names = new ArrayList<>();
    long cookie = 0;
    int length = kernel.ask(opcode, ROOT, readIn(cookie, 4096));
    while (length > OutHeader.SIZE) {
      assertTrue(length <= OutHeader.SIZE + 4096);
      int at = 0;
      while (at < length - OutHeader.SIZE) {
        int dirent = opcode == Opcode.READDIR ? at : at + EntryOut.SIZE;
        int size = kernel.intAt(dirent + Dirent.NAME_LENGTH);
        String name = kernel.text(dirent + Dirent.NAME, size);
        if (opcode == Opcode.READDIRPLUS) {
          boolean dots = name.equals(".") || name.equals("..");
          long inode = kernel.longAt(dirent + Dirent.INO);
          assertEquals(dots ? 0 : inode, kernel.longAt(at + EntryOut.NODE), name);
        }
        names.add(name);
        cookie = kernel.longAt(dirent + Dirent.COOKIE);
        at = dirent + Math.ceilDiv(Dirent.NAME + size, 8) * 8;
      }
      length = kernel.ask(opcode, ROOT, readIn(cookie, 4096));
    }
    assertEquals(503, names.size());
    assertEquals(503, names.stream().distinct().count());
    assertEquals(List.of(".", ".."), names.subList(0, 2));
  }

  @Test
  void filesAreListedWithAttributesOnceSomebodyLooksAtThem() {
    long directory = files.directory(ROOT, "d");
    files.file(directory, "f", "");
    files.directory(directory, "s");

    assertEquals(List.of("s"), listedWithAttributes(directory));
    kernel.ask(Opcode.LOOKUP, directory, name("s"));
    assertEquals(List.of("s"), listedWithAttributes(directory));
    kernel.ask(Opcode.LOOKUP, directory, name("f"));
    for (int i = 0; i < Listings.CREDIT; i++) {
      assertEquals(List.of("f", "s"), listedWithAttributes(directory));
    }
    assertEquals(List.of("s"), listedWithAttributes(directory));
  }

  private List<String> listedWithAttributes(long directory) {
    int end = kernel.ask(Opcode.READDIRPLUS, directory, readIn(0, 4096)) - OutHeader.SIZE;
    List<String> names = new ArrayList<>();
    int at = 0;
    while (at < end) {
      int dirent = at + EntryOut.SIZE;
      int size = kernel.intAt(dirent + Dirent.NAME_LENGTH);
      if (kernel.longAt(at + EntryOut.NODE) != 0) {
        names.add(kernel.text(dirent + Dirent.NAME, size));
      }
      at = dirent + Math.ceilDiv(Dirent.NAME + size, 8) * 8;
    }
    return names;
  }

  @Test
  void extendedAttributesNeedRoom() {
    long file = files.file(ROOT, "file", "");
    files.xattr(file, "user.x", new byte[100]);

    kernel.ask(Opcode.GETXATTR, file, joined(ints(0, 0), name("user.x")));
    assertEquals(100, kernel.intAt(0));
    kernel.ask(Opcode.GETXATTR, file, joined(ints(99, 0), name("user.x")));
    assertEquals(-Errno.ERANGE, kernel.error());
    assertEquals(
        OutHeader.SIZE + 100,
        kernel.ask(Opcode.GETXATTR, file, joined(ints(100, 0), name("user.x"))));
    kernel.ask(Opcode.GETXATTR, file, joined(ints(100, 0), name("user.y")));
    assertEquals(-Errno.ENODATA, kernel.error());
    assertEquals(OutHeader.SIZE + 7, kernel.ask(Opcode.LISTXATTR, file, ints(4096, 0)));
    assertEquals("user.x\0", kernel.text(0, 7));
  }

  @Test
  void aTreeWithoutExtendedAttributesSaysSoOfEachOrOfAll() {
    TestKernel usual = new TestKernel(new PlainFileSystem(files), Agreement.Terms.USUAL);
    usual.ask(Opcode.GETXATTR, ROOT, joined(ints(0, 0), name("user.x")));
    assertEquals(-Errno.ENODATA, usual.error());

    TestKernel plain =
        new TestKernel(
            new PlainFileSystem(files),
            new Agreement.Terms(-1, false, KernelOptions.BareXattrs.REFUSED));
    plain.ask(Opcode.GETXATTR, ROOT, joined(ints(0, 0), name("user.x")));
    assertEquals(-Errno.ENOSYS, plain.error());
    plain.ask(Opcode.LISTXATTR, ROOT, ints(0, 0));
    assertEquals(0, plain.error());
    assertEquals(0, plain.intAt(0));
  }

  @Test
  void totalsAreShown() {
    files.file(ROOT, "file", "x".repeat(10_000));

    assertEquals(OutHeader.SIZE + StatfsOut.SIZE, kernel.ask(Opcode.STATFS, ROOT, new byte[0]));
    assertEquals(3, kernel.longAt(StatfsOut.BLOCKS));
    assertEquals(2, kernel.longAt(StatfsOut.FILES));
    assertEquals(4096, kernel.intAt(StatfsOut.BLOCK_SIZE));
    assertEquals(255, kernel.intAt(StatfsOut.NAME_MAX));
  }

  @Test
  void changesAreRefusedAndWhatIsUnknownIsSaidSo() {
    for (int change : new int[] {4, 6, 8, 9, 10, 11, 12, 13, 16, 21, 24, 35, 43, 45, 47, 51, 53}) {
      kernel.ask(change, ROOT, new byte[64]);
      assertEquals(-Errno.EROFS, kernel.error(), Opcode.name(change));
    }
    // FSYNC, FLUSH, FSYNCDIR, GETLK, ACCESS, BMAP, POLL, LSEEK, SYNCFS, STATX, and none
    for (int unknown : new int[] {20, 25, 30, 31, 34, 37, 40, 46, 50, 52, 0, 4711, -1}) {
      kernel.ask(unknown, ROOT, new byte[64]);
      assertEquals(-Errno.ENOSYS, kernel.error(), Opcode.name(unknown));
    }
    kernel.ask(Opcode.IOCTL, ROOT, new byte[32]);
    assertEquals(-Errno.ENOTTY, kernel.error());
  }

  @Test
  void whatNeedsNoReplyGetsNone() {
    for (int opcode :
        new int[] {Opcode.FORGET, Opcode.BATCH_FORGET, Opcode.INTERRUPT, Opcode.NOTIFY_REPLY}) {
      assertEquals(FuseProtocol.NO_REPLY, kernel.ask(opcode, ROOT, new byte[64]));
    }
    for (int opcode : new int[] {Opcode.RELEASE, Opcode.RELEASEDIR, Opcode.DESTROY}) {
      assertEquals(OutHeader.SIZE, kernel.ask(opcode, ROOT, new byte[64]));
    }
  }

  @Test
  void aHandlersFailureIsAnInputOutputError() {
    long file = files.file(ROOT, "file", "x");
    files.breakDown(file);

    kernel.ask(Opcode.READ, file, readIn(0, 10));
    assertEquals(-Errno.EIO, kernel.error());
    kernel.ask(Opcode.LOOKUP, 4711, name("x"));
    assertEquals(-Errno.EIO, kernel.error());
  }

  @Test
  void anyBytesAtAllAreAnswered() {
    long seed = new Random().nextLong();
    System.out.println("anyBytesAtAllAreAnswered: seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 100; i++) {
      files.file(ROOT, "file" + i, "content " + i);
    }
    files.xattr(ROOT, "user.x", new byte[20]);
    byte[] bytes = new byte[4096];
    for (int round = 0; round < 200_000; round++) {
      random.nextBytes(bytes);
      int length = random.nextInt(8) == 0 ? random.nextInt(48) : random.nextInt(200);
      TestFrames.shape(bytes, length, random);
      int answer = kernel.askRaw(bytes, length);
      if (answer == FuseProtocol.NO_REPLY && length >= FuseWire.InHeader.SIZE) {
        int opcode = TestFrames.opcode(bytes);
        assertTrue(opcode == 2 || opcode == 36 || opcode == 41 || opcode == 42, "no reply");
      }
    }
  }
}
