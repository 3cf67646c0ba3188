package io.loadstar.transport;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.linux.DeviceNumber;
import io.loadstar.linux.Errno;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A read-only file system in memory: built first, by one thread, then served to any number.
 *
 * <p>A file's content may be held back by a {@link Gate}, as if it had still to be fetched; and a
 * file may be broken, so that whatever is asked of it throws.
 */
public final class MemoryFileSystem implements ReadOnlyFileSystem {

  public static final int S_IFIFO = 0010000;
  public static final int S_IFCHR = 0020000;
  public static final int S_IFDIR = 0040000;
  public static final int S_IFBLK = 0060000;
  public static final int S_IFREG = 0100000;
  public static final int S_IFLNK = 0120000;

  /** 2001-09-09 01:46:40.123456789 UTC. */
  public static final long MTIME_SECONDS = 1_000_000_000L;

  public static final int MTIME_NANOS = 123_456_789;

  private final List<Node> nodes = new ArrayList<>();

  /** Where a file's bytes come from. */
  public interface Content {

    /** In bytes. */
    long size();

    /** Puts {@code count} bytes from {@code offset} on, all of which exist. */
    void put(long offset, int count, ByteBuffer destination);
  }

  private static final class Node {
    final long parent;
    final int mode;
    final Map<ByteBuffer, Long> children = new HashMap<>();
    final List<Child> listing = new ArrayList<>();
    final Map<String, byte[]> xattrs = new TreeMap<>();
    int linkCount = 1;
    int uid;
    int gid;
    long device;
    Content content = content(new byte[0]);
    @Nullable Gate gate;
    boolean broken;

    Node(long parent, int mode) {
      this.parent = parent;
      this.mode = mode;
    }
  }

  private record Child(ByteBuffer name, long inode) {}

  public MemoryFileSystem() {
    nodes.add(new Node(ROOT, S_IFDIR | 0755));
    node(ROOT).linkCount = 2;
  }

  /** All of {@code bytes}. */
  public static Content content(byte[] bytes) {
    return new Content() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public void put(long offset, int count, ByteBuffer destination) {
        destination.put(bytes, (int) offset, count);
      }
    };
  }

  public long directory(long parent, String name) {
    long inode = add(parent, name.getBytes(UTF_8), S_IFDIR | 0755);
    node(inode).linkCount = 2;
    node(parent).linkCount++;
    return inode;
  }

  public long file(long parent, String name, String text) {
    return file(parent, name.getBytes(UTF_8), 0644, content(text.getBytes(UTF_8)));
  }

  public long file(long parent, byte[] name, int permissions, Content content) {
    long inode = add(parent, name, S_IFREG | permissions);
    node(inode).content = content;
    return inode;
  }

  public long symlink(long parent, String name, String target) {
    long inode = add(parent, name.getBytes(UTF_8), S_IFLNK | 0777);
    node(inode).content = content(target.getBytes(UTF_8));
    return inode;
  }

  /**
   * @param mode type and permissions
   */
  public long special(long parent, String name, int mode, int major, int minor) {
    long inode = add(parent, name.getBytes(UTF_8), mode);
    node(inode).device = DeviceNumber.of(major, minor);
    return inode;
  }

  /** Another name of {@code inode}. */
  public void link(long parent, String name, long inode) {
    enter(parent, name.getBytes(UTF_8), inode);
    node(inode).linkCount++;
  }

  public void owner(long inode, int uid, int gid) {
    node(inode).uid = uid;
    node(inode).gid = gid;
  }

  public void xattr(long inode, String name, byte[] value) {
    node(inode).xattrs.put(name, value);
  }

  /** Reads of {@code inode} wait from now on until the gate opens. */
  public void holdBack(long inode, Gate gate) {
    node(inode).gate = gate;
  }

  /** Whatever is asked of {@code inode}, but its attributes, throws from now on. */
  public void breakDown(long inode) {
    node(inode).broken = true;
  }

  private long add(long parent, byte[] name, int mode) {
    long inode = nodes.size() + 1L;
    nodes.add(new Node(parent, mode));
    enter(parent, name, inode);
    return inode;
  }

  private void enter(long parent, byte[] name, long inode) {
    Node directory = node(parent);
    ByteBuffer key = ByteBuffer.wrap(name.clone());
    if (directory.children.put(key, inode) != null) {
      throw new IllegalArgumentException("twice: " + new String(name, UTF_8));
    }
    directory.listing.add(new Child(key, inode));
  }

  private Node node(long inode) {
    return nodes.get((int) inode - 1);
  }

  private Node sound(long inode) {
    Node node = node(inode);
    if (node.broken) {
      throw new IllegalStateException("inode " + inode + " is broken, as the test wants it");
    }
    return node;
  }

  private static int type(Node node) {
    return node.mode & 0170000;
  }

  @Override
  public long lookup(long directory, ByteBuffer name) {
    Node node = sound(directory);
    if (type(node) != S_IFDIR) {
      return -Errno.ENOTDIR;
    }
    Long inode = node.children.get(name);
    return inode == null ? 0 : inode;
  }

  @Override
  public int attributes(long inode, AttributeSink sink) {
    Node node = node(inode);
    sink.accept(
        inode,
        node.mode,
        node.linkCount,
        node.uid,
        node.gid,
        node.device,
        node.content.size(),
        MTIME_SECONDS,
        MTIME_NANOS);
    return 0;
  }

  @Override
  public int readlink(long inode, ByteBuffer destination) {
    Node node = sound(inode);
    if (type(node) != S_IFLNK) {
      return -Errno.EINVAL;
    }
    int length = (int) node.content.size();
    node.content.put(0, Math.min(length, destination.remaining()), destination);
    return length;
  }

  @Override
  public int getxattr(long inode, ByteBuffer name, ByteBuffer destination) {
    byte[] value = sound(inode).xattrs.get(UTF_8.decode(name.duplicate()).toString());
    if (value == null) {
      return -Errno.ENODATA;
    }
    if (value.length <= destination.remaining()) {
      destination.put(value);
    }
    return value.length;
  }

  @Override
  public int listxattr(long inode, ByteBuffer destination) {
    StringBuilder names = new StringBuilder();
    for (String name : sound(inode).xattrs.keySet()) {
      names.append(name).append('\0');
    }
    byte[] bytes = names.toString().getBytes(UTF_8);
    if (bytes.length <= destination.remaining()) {
      destination.put(bytes);
    }
    return bytes.length;
  }

  @Override
  public int readdir(long directory, long cookie, DirectorySink sink) {
    Node node = sound(directory);
    for (long at = cookie; at < node.listing.size() + 2L; at++) {
      boolean taken;
      if (at == 0) {
        taken = sink.entry(directory, S_IFDIR, ByteBuffer.wrap(new byte[] {'.'}), at + 1);
      } else if (at == 1) {
        taken = sink.entry(node.parent, S_IFDIR, ByteBuffer.wrap(new byte[] {'.', '.'}), at + 1);
      } else {
        Child child = node.listing.get((int) at - 2);
        taken = sink.entry(child.inode, type(node(child.inode)), child.name.duplicate(), at + 1);
      }
      if (!taken) {
        break;
      }
    }
    return 0;
  }

  @Override
  public int tryRead(long inode, long offset, ByteBuffer destination) {
    Node node = sound(inode);
    Gate gate = node.gate;
    return gate != null && gate.isShut() ? WOULD_WAIT : put(node, offset, destination);
  }

  @Override
  public void read(long inode, long offset, ByteBuffer destination, ReadCompletion completion) {
    Node node = sound(inode);
    Gate gate = node.gate;
    if (gate == null || !gate.await(() -> completion.completed(put(node, offset, destination)))) {
      completion.completed(put(node, offset, destination));
    }
  }

  private static int put(Node node, long offset, ByteBuffer destination) {
    int count = (int) Math.clamp(node.content.size() - offset, 0L, (long) destination.remaining());
    node.content.put(offset, count, destination);
    return count;
  }

  @Override
  public Totals totals() {
    long bytes = 0;
    for (Node node : nodes) {
      bytes += type(node) == S_IFREG ? node.content.size() : 0;
    }
    return new Totals(bytes, nodes.size());
  }
}
