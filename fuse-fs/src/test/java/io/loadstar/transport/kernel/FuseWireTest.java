package io.loadstar.transport.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loadstar.transport.kernel.FuseWire.Attr;
import io.loadstar.transport.kernel.FuseWire.AttrOut;
import io.loadstar.transport.kernel.FuseWire.Dirent;
import io.loadstar.transport.kernel.FuseWire.EntryOut;
import io.loadstar.transport.kernel.FuseWire.GetxattrIn;
import io.loadstar.transport.kernel.FuseWire.GetxattrOut;
import io.loadstar.transport.kernel.FuseWire.InHeader;
import io.loadstar.transport.kernel.FuseWire.InitIn;
import io.loadstar.transport.kernel.FuseWire.InitOut;
import io.loadstar.transport.kernel.FuseWire.OpenIn;
import io.loadstar.transport.kernel.FuseWire.OpenOut;
import io.loadstar.transport.kernel.FuseWire.OutHeader;
import io.loadstar.transport.kernel.FuseWire.ReadIn;
import io.loadstar.transport.kernel.FuseWire.ReleaseIn;
import io.loadstar.transport.kernel.FuseWire.StatfsOut;
import org.junit.jupiter.api.Test;

/**
 * Offsets and sizes against fields declared as linux/fuse.h declares them, laid out by the rules of
 * C: so a constant is checked by another way to it.
 */
final class FuseWireTest {

  /** Adds up a C structure: each field at the next multiple of its own size. */
  private static final class Layout {
    private int end;
    private int widest = 1;

    int field(int size) {
      int at = Math.ceilDiv(end, size) * size;
      end = at + size;
      widest = Math.max(widest, size);
      return at;
    }

    int u16() {
      return field(2);
    }

    int u32() {
      return field(4);
    }

    int u64() {
      return field(8);
    }

    Layout skip(int count, int size) {
      for (int i = 0; i < count; i++) {
        field(size);
      }
      return this;
    }

    int size() {
      return Math.ceilDiv(end, widest) * widest;
    }
  }

  @Test
  void headersAreAsTheKernelHasThem() {
    Layout in = new Layout();
    assertEquals(in.u32(), InHeader.LENGTH);
    assertEquals(in.u32(), InHeader.OPCODE);
    assertEquals(in.u64(), InHeader.UNIQUE);
    assertEquals(in.u64(), InHeader.NODE);
    in.skip(3, 4).skip(2, 2); // uid, gid, pid; total_extlen, padding
    assertEquals(in.size(), InHeader.SIZE);
    assertEquals(40, InHeader.SIZE);
    Layout out = new Layout();
    assertEquals(out.u32(), OutHeader.LENGTH);
    assertEquals(out.u32(), OutHeader.ERROR);
    assertEquals(out.u64(), OutHeader.UNIQUE);
    assertEquals(out.size(), OutHeader.SIZE);
    assertEquals(16, OutHeader.SIZE);
  }

  @Test
  void attributesAndEntriesAreAsTheKernelHasThem() {
    Layout attr = new Layout();
    assertEquals(attr.u64(), Attr.INO);
    assertEquals(attr.u64(), Attr.BYTES);
    assertEquals(attr.u64(), Attr.BLOCKS);
    assertEquals(attr.u64(), Attr.ATIME);
    assertEquals(attr.u64(), Attr.MTIME);
    assertEquals(attr.u64(), Attr.CTIME);
    assertEquals(attr.u32(), Attr.ATIME_NANOS);
    assertEquals(attr.u32(), Attr.MTIME_NANOS);
    assertEquals(attr.u32(), Attr.CTIME_NANOS);
    assertEquals(attr.u32(), Attr.MODE);
    assertEquals(attr.u32(), Attr.NLINK);
    assertEquals(attr.u32(), Attr.UID);
    assertEquals(attr.u32(), Attr.GID);
    assertEquals(attr.u32(), Attr.RDEV);
    assertEquals(attr.u32(), Attr.BLOCK_SIZE);
    assertEquals(attr.u32(), Attr.FLAGS);
    assertEquals(attr.size(), Attr.SIZE);
    assertEquals(88, Attr.SIZE);
    Layout entry = new Layout();
    assertEquals(entry.u64(), EntryOut.NODE);
    assertEquals(entry.u64(), EntryOut.GENERATION);
    assertEquals(entry.u64(), EntryOut.ENTRY_VALID);
    assertEquals(entry.u64(), EntryOut.ATTR_VALID);
    assertEquals(entry.u32(), EntryOut.ENTRY_VALID_NANOS);
    assertEquals(entry.u32(), EntryOut.ATTR_VALID_NANOS);
    assertEquals(entry.size(), EntryOut.ATTR);
    assertEquals(128, EntryOut.SIZE);
    Layout out = new Layout();
    assertEquals(out.u64(), AttrOut.ATTR_VALID);
    assertEquals(out.u32(), AttrOut.ATTR_VALID_NANOS);
    assertEquals(out.skip(1, 4).size(), AttrOut.ATTR);
    assertEquals(104, AttrOut.SIZE);
    Layout dirent = new Layout();
    assertEquals(dirent.u64(), Dirent.INO);
    assertEquals(dirent.u64(), Dirent.COOKIE);
    assertEquals(dirent.u32(), Dirent.NAME_LENGTH);
    assertEquals(dirent.u32(), Dirent.TYPE);
    assertEquals(dirent.size(), Dirent.NAME);
    assertEquals(24, Dirent.NAME);
  }

  @Test
  void initIsAsTheKernelHasIt() {
    Layout in = new Layout();
    assertEquals(in.u32(), InitIn.MAJOR);
    assertEquals(in.u32(), InitIn.MINOR);
    assertEquals(in.u32(), InitIn.MAX_READAHEAD);
    assertEquals(in.u32(), InitIn.FLAGS);
    assertEquals(in.size(), InitIn.SHORT_SIZE);
    assertEquals(in.u32(), InitIn.FLAGS2);
    assertEquals(in.skip(11, 4).size(), InitIn.SIZE);
    assertEquals(64, InitIn.SIZE);
    Layout out = new Layout();
    assertEquals(out.u32(), InitOut.MAJOR);
    assertEquals(out.u32(), InitOut.MINOR);
    assertEquals(out.u32(), InitOut.MAX_READAHEAD);
    assertEquals(out.u32(), InitOut.FLAGS);
    assertEquals(out.u16(), InitOut.MAX_BACKGROUND);
    assertEquals(out.u16(), InitOut.CONGESTION_THRESHOLD);
    assertEquals(out.u32(), InitOut.MAX_WRITE);
    assertEquals(out.u32(), InitOut.TIME_GRANULARITY);
    assertEquals(out.u16(), InitOut.MAX_PAGES);
    assertEquals(out.u16(), InitOut.MAP_ALIGNMENT);
    assertEquals(out.u32(), InitOut.FLAGS2);
    assertEquals(out.u32(), InitOut.MAX_STACK_DEPTH);
    assertEquals(out.skip(12, 2).size(), InitOut.SIZE); // request_timeout, unused[11]
    assertEquals(64, InitOut.SIZE);
  }

  @Test
  void operationsAreAsTheKernelHasThem() {
    Layout open = new Layout();
    assertEquals(open.u32(), OpenIn.FLAGS);
    assertEquals(open.skip(1, 4).size(), OpenIn.SIZE);
    Layout opened = new Layout();
    assertEquals(opened.u64(), OpenOut.HANDLE);
    assertEquals(opened.u32(), OpenOut.FLAGS);
    assertEquals(opened.u32(), OpenOut.BACKING);
    assertEquals(opened.size(), OpenOut.SIZE);
    Layout read = new Layout();
    assertEquals(read.u64(), ReadIn.HANDLE);
    assertEquals(read.u64(), ReadIn.OFFSET);
    assertEquals(read.u32(), ReadIn.LENGTH);
    assertEquals(read.skip(1, 4).skip(1, 8).skip(2, 4).size(), ReadIn.SIZE);
    Layout release = new Layout();
    assertEquals(release.u64(), ReleaseIn.HANDLE);
    assertEquals(release.skip(2, 4).skip(1, 8).size(), ReleaseIn.SIZE);
    Layout getxattr = new Layout();
    assertEquals(getxattr.u32(), GetxattrIn.LENGTH);
    assertEquals(getxattr.skip(1, 4).size(), GetxattrIn.SIZE);
    Layout gotten = new Layout();
    assertEquals(gotten.u32(), GetxattrOut.LENGTH);
    assertEquals(gotten.skip(1, 4).size(), GetxattrOut.SIZE);
    Layout statfs = new Layout();
    assertEquals(statfs.u64(), StatfsOut.BLOCKS);
    assertEquals(statfs.u64(), StatfsOut.FREE_BLOCKS);
    assertEquals(statfs.u64(), StatfsOut.AVAILABLE_BLOCKS);
    assertEquals(statfs.u64(), StatfsOut.FILES);
    assertEquals(statfs.u64(), StatfsOut.FREE_FILES);
    assertEquals(statfs.u32(), StatfsOut.BLOCK_SIZE);
    assertEquals(statfs.u32(), StatfsOut.NAME_MAX);
    assertEquals(statfs.u32(), StatfsOut.FRAGMENT_SIZE);
    assertEquals(statfs.skip(1, 4).skip(6, 4).size(), StatfsOut.SIZE);
    assertEquals(80, StatfsOut.SIZE);
  }
}
