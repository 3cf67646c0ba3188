package io.loadstar.transport.kernel;

import static io.loadstar.linux.Errno.EINVAL;
import static io.loadstar.linux.Errno.EIO;
import static io.loadstar.linux.Errno.ENAMETOOLONG;
import static io.loadstar.linux.Errno.ENODATA;
import static io.loadstar.linux.Errno.ENOSYS;
import static io.loadstar.linux.Errno.ENOTTY;
import static io.loadstar.linux.Errno.EPROTO;
import static io.loadstar.linux.Errno.ERANGE;
import static io.loadstar.linux.Errno.EROFS;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.transport.Failures;
import io.loadstar.transport.kernel.FuseWire.Attr;
import io.loadstar.transport.kernel.FuseWire.AttrOut;
import io.loadstar.transport.kernel.FuseWire.EntryOut;
import io.loadstar.transport.kernel.FuseWire.GetxattrIn;
import io.loadstar.transport.kernel.FuseWire.GetxattrOut;
import io.loadstar.transport.kernel.FuseWire.InitFlag;
import io.loadstar.transport.kernel.FuseWire.InitIn;
import io.loadstar.transport.kernel.FuseWire.InitOut;
import io.loadstar.transport.kernel.FuseWire.OpenFlag;
import io.loadstar.transport.kernel.FuseWire.OpenIn;
import io.loadstar.transport.kernel.FuseWire.OpenOut;
import io.loadstar.transport.kernel.FuseWire.OutHeader;
import io.loadstar.transport.kernel.FuseWire.ReadIn;
import io.loadstar.transport.kernel.FuseWire.StatfsOut;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Turns the kernel's requests into replies, for one connection: bytes in, bytes out, and no idea of
 * a device. Thread-safe; each thread brings its own {@link Exchange}.
 *
 * <p>An inode's number is the kernel's nodeid and the file handle, so there is nothing to remember
 * of a request when it has been answered, and nothing to forget.
 *
 * <p>ENOSYS is remembered by the kernel for the whole connection. That is made use of where the
 * kernel then does by itself what it would have asked for: OPEN and OPENDIR (where it offers that),
 * GETXATTR if nothing has an extended attribute and who mounts wants it, and all that isn't known
 * here. LISTXATTR is always answered: ENOSYS would become an error in whatever copies files with
 * their attributes.
 */
final class FuseProtocol {

  /** {@link #answer}: nothing is to be said. */
  static final int NO_REPLY = 0;

  /** {@link #answer}: a READ whose bytes aren't there yet; whoever has them replies. */
  static final int LATER = -1;

  /** The two bits of open(2)'s flags that tell reading from writing; 0 is O_RDONLY. */
  private static final int O_ACCMODE = 3;

  /**
   * How many read-aheads the kernel has under way at once. Its own 12 would mean that 12 reads that
   * wait for the network hold up every other one inside the kernel.
   */
  private static final int MAX_BACKGROUND = 1024;

  private static final int CONGESTION_THRESHOLD = 768;

  /** The kernel's least; nothing is ever written. */
  static final int MAX_WRITE = 4096;

  /** The file system under the passed-through files may not be stacked itself. */
  private static final int STACK_DEPTH = 1;

  private static final int FRAGMENT = 4096;
  private static final int NAME_MAX = 255;

  private final ReadOnlyFileSystem fileSystem;
  private final Failures failures;
  private final BackingFiles backings;
  private final Agreement.Terms terms;
  private final boolean xattrs;
  private final int withoutXattrs;
  private final Listings listings = new Listings();
  private volatile @Nullable Agreement agreement;

  /**
   * @param backings knows what the kernel reads itself
   */
  FuseProtocol(
      ReadOnlyFileSystem fileSystem,
      Failures failures,
      Agreement.Terms terms,
      BackingFiles backings) {
    this.fileSystem = fileSystem;
    this.backings = backings;
    this.failures = failures;
    this.terms = terms;
    this.xattrs = fileSystem.hasXattrs();
    this.withoutXattrs =
        switch (terms.bareXattrs()) {
          case ANSWERED -> -ENODATA;
          case REFUSED -> -ENOSYS;
        };
  }

  /** What INIT has settled; null before. */
  @Nullable Agreement agreement() {
    return agreement;
  }

  /** The connection goes on with what an earlier daemon has agreed upon; there is no INIT then. */
  void resume(Agreement settled) {
    agreement = settled;
  }

  /**
   * Answers the request in {@code exchange}.
   *
   * @return how many bytes of the reply's buffer are the reply, {@link #NO_REPLY} or {@link #LATER}
   */
  int answer(Exchange exchange) {
    if (!exchange.hasHeader()) {
      return NO_REPLY;
    }
    try {
      return exchange.isWhole() ? dispatch(exchange) : exchange.failed(-EIO);
    } catch (Throwable e) {
      return exchange.failed(failures.answer(Opcode.name(exchange.opcode()), e));
    }
  }

  private int dispatch(Exchange exchange) {
    return switch (exchange.opcode()) {
      case Opcode.READ -> read(exchange);
      case Opcode.LOOKUP -> lookup(exchange);
      case Opcode.GETATTR -> getattr(exchange);
      case Opcode.READLINK -> readlink(exchange);
      case Opcode.OPEN -> open(exchange);
      case Opcode.OPENDIR -> opendir(exchange);
      case Opcode.READDIR, Opcode.READDIRPLUS -> readdir(exchange);
      case Opcode.GETXATTR -> getxattr(exchange);
      case Opcode.LISTXATTR -> listxattr(exchange);
      case Opcode.STATFS -> statfs(exchange);
      case Opcode.INIT -> init(exchange);
      case Opcode.RELEASE -> release(exchange);
      case Opcode.RELEASEDIR, Opcode.DESTROY -> exchange.answered(0);
      case Opcode.FORGET, Opcode.BATCH_FORGET, Opcode.INTERRUPT, Opcode.NOTIFY_REPLY -> NO_REPLY;
      case Opcode.IOCTL -> exchange.failed(-ENOTTY);
      case Opcode.SETATTR,
          Opcode.SYMLINK,
          Opcode.MKNOD,
          Opcode.MKDIR,
          Opcode.UNLINK,
          Opcode.RMDIR,
          Opcode.RENAME,
          Opcode.RENAME2,
          Opcode.LINK,
          Opcode.WRITE,
          Opcode.CREATE,
          Opcode.TMPFILE,
          Opcode.SETXATTR,
          Opcode.REMOVEXATTR,
          Opcode.FALLOCATE,
          Opcode.COPY_FILE_RANGE,
          Opcode.COPY_FILE_RANGE_64 ->
          exchange.failed(-EROFS);
      default -> exchange.failed(-ENOSYS);
    };
  }

  private int init(Exchange exchange) {
    if (!exchange.hasBody(InitIn.SHORT_SIZE)) {
      return exchange.failed(-EPROTO);
    }
    long flags = exchange.intAt(InitIn.FLAGS) & 0xffff_ffffL;
    if ((flags & InitFlag.INIT_EXT) != 0 && exchange.hasBody(InitIn.FLAGS2 + Integer.BYTES)) {
      flags |= (long) exchange.intAt(InitIn.FLAGS2) << Integer.SIZE;
    }
    Agreement.Offer offer =
        new Agreement.Offer(
            exchange.intAt(InitIn.MAJOR),
            exchange.intAt(InitIn.MINOR),
            flags,
            exchange.intAt(InitIn.MAX_READAHEAD));
    if (!offer.isUsable()) {
      return exchange.failed(-EPROTO);
    }
    Agreement settled = Agreement.of(offer, terms);
    write(settled, exchange.body(InitOut.SIZE));
    agreement = settled;
    return exchange.answered(InitOut.SIZE);
  }

  private static void write(Agreement settled, ByteBuffer body) {
    int at = body.position();
    for (int i = 0; i < InitOut.SIZE; i += Long.BYTES) {
      body.putLong(at + i, 0);
    }
    body.putInt(at + InitOut.MAJOR, FuseWire.MAJOR);
    body.putInt(at + InitOut.MINOR, settled.minor());
    body.putInt(at + InitOut.MAX_READAHEAD, settled.maxReadahead());
    body.putInt(at + InitOut.FLAGS, (int) settled.flags());
    body.putShort(at + InitOut.MAX_BACKGROUND, (short) MAX_BACKGROUND);
    body.putShort(at + InitOut.CONGESTION_THRESHOLD, (short) CONGESTION_THRESHOLD);
    body.putInt(at + InitOut.MAX_WRITE, MAX_WRITE);
    body.putInt(at + InitOut.TIME_GRANULARITY, 1);
    body.putShort(at + InitOut.MAX_PAGES, (short) (Agreement.MAX_READ / Agreement.PAGE));
    body.putInt(at + InitOut.FLAGS2, (int) (settled.flags() >>> Integer.SIZE));
    if (settled.has(InitFlag.PASSTHROUGH)) {
      body.putInt(at + InitOut.MAX_STACK_DEPTH, STACK_DEPTH);
    }
  }

  private int lookup(Exchange exchange) {
    ByteBuffer name = exchange.name(0);
    if (name == null) {
      return exchange.failed(-EINVAL);
    }
    long inode = fileSystem.lookup(exchange.node(), name);
    if (inode < 0) {
      return exchange.failed((int) inode);
    }
    ByteBuffer reply = exchange.reply();
    if (inode == 0) {
      EntryWriter.writeAbsent(reply, OutHeader.SIZE);
    } else if (!exchange.entries().writeEntry(reply, OutHeader.SIZE, inode)) {
      return exchange.failed(-EIO);
    } else if (!EntryWriter.isDirectory(reply.getInt(OutHeader.SIZE + EntryOut.ATTR + Attr.MODE))) {
      listings.lookedUp(exchange.node());
    }
    return exchange.answered(EntryOut.SIZE);
  }

  private int getattr(Exchange exchange) {
    ByteBuffer reply = exchange.reply();
    int at = OutHeader.SIZE;
    int result = exchange.entries().writeAttributes(reply, at + AttrOut.ATTR, exchange.node());
    if (result < 0) {
      return exchange.failed(result);
    }
    reply.putLong(at + AttrOut.ATTR_VALID, exchange.entries().validity(exchange.node()));
    reply.putLong(at + AttrOut.ATTR_VALID_NANOS, 0); // and the padding behind it
    return exchange.answered(AttrOut.SIZE);
  }

  private int readlink(Exchange exchange) {
    ByteBuffer body = exchange.body(Agreement.PAGE - 1);
    int room = body.remaining();
    int length = fileSystem.readlink(exchange.node(), body);
    if (length > room) {
      return exchange.failed(-ENAMETOOLONG);
    }
    return length < 0 ? exchange.failed(length) : exchange.answered(length);
  }

  private int open(Exchange exchange) {
    Agreement settled = agreement;
    if (settled == null || settled.has(InitFlag.NO_OPEN_SUPPORT)) {
      return exchange.failed(-ENOSYS);
    }
    if (!exchange.hasBody(OpenIn.SIZE)) {
      return exchange.failed(-EINVAL);
    }
    if ((exchange.intAt(OpenIn.FLAGS) & O_ACCMODE) != 0) {
      return exchange.failed(-EROFS);
    }
    int backing =
        settled.has(InitFlag.PASSTHROUGH) ? backings.open(exchange.node()) : BackingFiles.NONE;
    return backing == BackingFiles.NONE
        ? opened(exchange, OpenFlag.KEEP_CACHE | OpenFlag.NOFLUSH, 0)
        : opened(exchange, OpenFlag.PASSTHROUGH | OpenFlag.NOFLUSH, backing);
  }

  private int release(Exchange exchange) {
    Agreement settled = agreement;
    if (settled != null && settled.has(InitFlag.PASSTHROUGH)) {
      backings.release(exchange.node());
    }
    return exchange.answered(0);
  }

  private int opendir(Exchange exchange) {
    Agreement settled = agreement;
    if (settled == null || settled.has(InitFlag.NO_OPENDIR_SUPPORT)) {
      return exchange.failed(-ENOSYS);
    }
    return opened(exchange, OpenFlag.KEEP_CACHE | OpenFlag.CACHE_DIR, 0);
  }

  private static int opened(Exchange exchange, int flags, int backing) {
    ByteBuffer reply = exchange.reply();
    reply.putLong(OutHeader.SIZE + OpenOut.HANDLE, exchange.node());
    reply.putInt(OutHeader.SIZE + OpenOut.FLAGS, flags);
    reply.putInt(OutHeader.SIZE + OpenOut.BACKING, backing);
    return exchange.answered(OpenOut.SIZE);
  }

  private int read(Exchange exchange) {
    if (!exchange.hasBody(ReadIn.SIZE)) {
      return exchange.failed(-EINVAL);
    }
    ByteBuffer body = exchange.body(exchange.readLength());
    int room = body.remaining();
    int count = fileSystem.tryRead(exchange.node(), exchange.readOffset(), body);
    if (count == ReadOnlyFileSystem.WOULD_WAIT) {
      return LATER;
    }
    // More than there was room for would be someone else's memory.
    return count < 0 || count > room
        ? exchange.failed(count < 0 ? count : -EIO)
        : exchange.answered(count);
  }

  private int readdir(Exchange exchange) {
    if (!exchange.hasBody(ReadIn.SIZE)) {
      return exchange.failed(-EINVAL);
    }
    ByteBuffer body = exchange.body(exchange.readLength());
    EntryWriter sink = entriesFor(exchange, body);
    int result = fileSystem.readdir(exchange.node(), exchange.readOffset(), sink);
    return result < 0
        ? exchange.failed(result)
        : exchange.answered(body.position() - OutHeader.SIZE);
  }

  private EntryWriter entriesFor(Exchange exchange, ByteBuffer body) {
    if (exchange.opcode() != Opcode.READDIRPLUS) {
      return exchange.entries().plain(body);
    }
    boolean filesToo =
        exchange.readOffset() == 0 ? listings.begins(exchange.node()) : listings.goesOn();
    return filesToo ? exchange.entries().plus(body) : exchange.entries().plusForDirectories(body);
  }

  private int getxattr(Exchange exchange) {
    if (!xattrs) {
      return exchange.failed(withoutXattrs);
    }
    if (!exchange.hasBody(GetxattrIn.SIZE)) {
      return exchange.failed(-EINVAL);
    }
    ByteBuffer name = exchange.name(GetxattrIn.SIZE);
    if (name == null) {
      return exchange.failed(-EINVAL);
    }
    int wanted = exchange.intAt(GetxattrIn.LENGTH);
    ByteBuffer body = exchange.body(wanted);
    return answeredValue(exchange, wanted, fileSystem.getxattr(exchange.node(), name, body));
  }

  private int listxattr(Exchange exchange) {
    if (!exchange.hasBody(GetxattrIn.SIZE)) {
      return exchange.failed(-EINVAL);
    }
    int wanted = exchange.intAt(GetxattrIn.LENGTH);
    ByteBuffer body = exchange.body(wanted);
    return answeredValue(exchange, wanted, fileSystem.listxattr(exchange.node(), body));
  }

  /** Room for 0 bytes means that only the length is asked for. */
  private static int answeredValue(Exchange exchange, int wanted, int length) {
    if (length < 0) {
      return exchange.failed(length);
    }
    if (wanted == 0) {
      ByteBuffer reply = exchange.reply();
      reply.clear();
      reply.putLong(OutHeader.SIZE + GetxattrOut.LENGTH, length); // and the padding behind it
      return exchange.answered(GetxattrOut.SIZE);
    }
    return length > exchange.reply().limit() - OutHeader.SIZE
        ? exchange.failed(-ERANGE)
        : exchange.answered(length);
  }

  private int statfs(Exchange exchange) {
    ReadOnlyFileSystem.Totals totals = fileSystem.totals();
    ByteBuffer reply = exchange.reply();
    int at = OutHeader.SIZE;
    for (int i = 0; i < StatfsOut.SIZE; i += Long.BYTES) {
      reply.putLong(at + i, 0);
    }
    reply.putLong(at + StatfsOut.BLOCKS, Math.ceilDiv(totals.bytes(), FRAGMENT));
    reply.putLong(at + StatfsOut.FILES, totals.inodes());
    reply.putInt(at + StatfsOut.BLOCK_SIZE, FRAGMENT);
    reply.putInt(at + StatfsOut.NAME_MAX, NAME_MAX);
    reply.putInt(at + StatfsOut.FRAGMENT_SIZE, FRAGMENT);
    return exchange.answered(StatfsOut.SIZE);
  }
}
