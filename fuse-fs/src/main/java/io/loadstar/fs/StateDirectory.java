package io.loadstar.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.lazy.LayerReport;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.linux.Errno;
import java.nio.ByteBuffer;

/**
 * The hidden directory in a layer's root that tells how far the layer has come: {@code
 * .stargz-snapshotter/<layer digest>.json}, name and content as stargz-snapshotter's, so that what
 * reads its state reads ours.
 *
 * <p>Thread-safe. The file's content is made when it is asked for its attributes, and stays until
 * it is asked again: so its size is that of what is read afterwards. A transport may have told the
 * kernel to keep pages as long as the size doesn't change; so a new content that would be as long
 * as the last gets one more blank before its newline.
 */
final class StateDirectory {

  private static final byte[] NAME = ".stargz-snapshotter".getBytes(UTF_8);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int DIRECTORY_PERMISSIONS = 0500;
  private static final int FILE_PERMISSIONS = 0400;

  private final LazyLayer layer;
  private final long directory;
  private final long file;
  private final byte[] fileName;

  private final Object lock = new Object();
  private String told = "";
  private byte[] content = {};

  /**
   * @param firstInode the first of the two numbers it takes
   */
  StateDirectory(LazyLayer layer, long firstInode) {
    this.layer = layer;
    this.directory = firstInode;
    this.file = firstInode + 1;
    this.fileName = (layer.digest() + ".json").getBytes(UTF_8);
  }

  boolean has(long inode) {
    return inode == directory || inode == file;
  }

  /** As {@link ReadOnlyFileSystem#lookup}, in the root or in this directory. */
  long lookup(long in, ByteBuffer name) {
    if (in == file) {
      return -Errno.ENOTDIR;
    }
    boolean root = in == ReadOnlyFileSystem.ROOT;
    if (!equal(root ? NAME : fileName, name)) {
      return 0;
    }
    return root ? directory : file;
  }

  private static boolean equal(byte[] expected, ByteBuffer name) {
    if (name.remaining() != expected.length) {
      return false;
    }
    for (int i = 0; i < expected.length; i++) {
      if (name.get(name.position() + i) != expected[i]) {
        return false;
      }
    }
    return true;
  }

  int attributes(long inode, ReadOnlyFileSystem.AttributeSink sink) {
    if (inode == directory) {
      sink.accept(inode, FileMode.DIRECTORY | DIRECTORY_PERMISSIONS, 2, 0, 0, 0, 0, 0, 0);
    } else {
      long size = newContent().length;
      sink.accept(inode, FileMode.REGULAR | FILE_PERMISSIONS, 1, 0, 0, 0, size, 0, 0);
    }
    return 0;
  }

  int readdir(long inode, long cookie, ReadOnlyFileSystem.DirectorySink sink) {
    if (inode == file) {
      return -Errno.ENOTDIR;
    }
    if (cookie < 0) {
      return -Errno.EINVAL;
    }
    LayerFileSystem.Dots dots = new LayerFileSystem.Dots(directory, ReadOnlyFileSystem.ROOT);
    if (LayerFileSystem.dots(dots, cookie, sink) && cookie <= 2) {
      sink.entry(file, FileMode.REGULAR | FILE_PERMISSIONS, ByteBuffer.wrap(fileName), 3);
    }
    return 0;
  }

  int read(long inode, long offset, ByteBuffer destination) {
    if (inode == directory) {
      return -Errno.EISDIR;
    }
    if (offset < 0) {
      return -Errno.EINVAL;
    }
    byte[] bytes = lastContent();
    int start = (int) Math.min(offset, bytes.length);
    int count = Math.min(bytes.length - start, destination.remaining());
    destination.put(bytes, start, count);
    return count;
  }

  private byte[] lastContent() {
    synchronized (lock) {
      if (content.length > 0) {
        return content;
      }
    }
    return newContent();
  }

  private byte[] newContent() {
    String now = render(layer.report());
    synchronized (lock) {
      if (!now.equals(told)) {
        byte[] bytes = (now + "\n").getBytes(UTF_8);
        if (bytes.length == content.length) {
          bytes = (now + " \n").getBytes(UTF_8);
        }
        told = now;
        content = bytes;
      }
      return content;
    }
  }

  private static String render(LayerReport report) {
    ObjectNode json = JSON.createObjectNode();
    report.lastError().ifPresent(error -> json.put("error", error));
    json.put("digest", report.layer().toString());
    json.put("size", report.size());
    json.put("fetchedSize", report.held());
    json.put("fetchedPercent", report.size() == 0 ? 100.0 : 100.0 * report.held() / report.size());
    try {
      return JSON.writeValueAsString(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values is always JSON", e);
    }
  }
}
