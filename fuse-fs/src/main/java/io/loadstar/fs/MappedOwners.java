package io.loadstar.fs;

import io.loadstar.linux.IdMaps;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A file system with the owners that it has for a container in a user namespace, for kernels that
 * can't mount the one below so themselves. Thread-safe.
 *
 * @param below what it is otherwise
 * @param maps whose ids the owners below are
 */
public record MappedOwners(ReadOnlyFileSystem below, IdMaps maps) implements ReadOnlyFileSystem {

  @Override
  public int attributes(long inode, AttributeSink sink) {
    return below.attributes(
        inode,
        (number, mode, links, uid, gid, device, size, seconds, nanos) ->
            sink.accept(
                number,
                mode,
                links,
                maps.uids().toHost(uid),
                maps.gids().toHost(gid),
                device,
                size,
                seconds,
                nanos));
  }

  @Override
  public long lookup(long directory, ByteBuffer name) {
    return below.lookup(directory, name);
  }

  @Override
  public int readlink(long inode, ByteBuffer destination) {
    return below.readlink(inode, destination);
  }

  @Override
  public int getxattr(long inode, ByteBuffer name, ByteBuffer destination) {
    return below.getxattr(inode, name, destination);
  }

  @Override
  public int listxattr(long inode, ByteBuffer destination) {
    return below.listxattr(inode, destination);
  }

  @Override
  public boolean hasXattrs() {
    return below.hasXattrs();
  }

  @Override
  public boolean changes(long inode) {
    return below.changes(inode);
  }

  @Override
  public int readdir(long directory, long cookie, DirectorySink sink) {
    return below.readdir(directory, cookie, sink);
  }

  @Override
  public int tryRead(long inode, long offset, ByteBuffer destination) {
    return below.tryRead(inode, offset, destination);
  }

  @Override
  public void read(long inode, long offset, ByteBuffer destination, ReadCompletion completion) {
    below.read(inode, offset, destination, completion);
  }

  @Override
  public @Nullable BackingFile backing(long inode) {
    return below.backing(inode);
  }

  @Override
  public Totals totals() {
    return below.totals();
  }
}
