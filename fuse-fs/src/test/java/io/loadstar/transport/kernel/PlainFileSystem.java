package io.loadstar.transport.kernel;

import io.loadstar.fs.ReadOnlyFileSystem;
import java.nio.ByteBuffer;

/** Another file system that says it has no extended attributes. */
record PlainFileSystem(ReadOnlyFileSystem files) implements ReadOnlyFileSystem {

  @Override
  public boolean hasXattrs() {
    return false;
  }

  @Override
  public long lookup(long directory, ByteBuffer name) {
    return files.lookup(directory, name);
  }

  @Override
  public int attributes(long inode, AttributeSink sink) {
    return files.attributes(inode, sink);
  }

  @Override
  public int readlink(long inode, ByteBuffer destination) {
    return files.readlink(inode, destination);
  }

  @Override
  public int getxattr(long inode, ByteBuffer name, ByteBuffer destination) {
    throw new IllegalStateException("asked for " + name);
  }

  @Override
  public int listxattr(long inode, ByteBuffer destination) {
    return 0;
  }

  @Override
  public int readdir(long directory, long cookie, DirectorySink sink) {
    return files.readdir(directory, cookie, sink);
  }

  @Override
  public int tryRead(long inode, long offset, ByteBuffer destination) {
    return files.tryRead(inode, offset, destination);
  }

  @Override
  public void read(long inode, long offset, ByteBuffer destination, ReadCompletion completion) {
    files.read(inode, offset, destination, completion);
  }

  @Override
  public Totals totals() {
    return files.totals();
  }
}
