package io.loadstar.transport.jnr;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jnr.ffi.Pointer;

/**
 * Where one thread receives its requests, and what of a request must be known before libfuse sees
 * it (struct fuse_in_header and fuse_read_in, linux/fuse.h). Confined to the thread whose arena it
 * is given.
 */
final class RequestBuffer {

  static final int READ = 15;
  static final int INIT = 26;

  private static final long OPCODE = 4;

  /** The header's 40 bytes: len, opcode, unique, nodeid, uid, gid, pid, padding. */
  private static final long BODY = 40;

  private static final long READ_HANDLE = BODY;
  private static final long READ_OFFSET = BODY + 8;
  private static final long READ_SIZE = BODY + 16;

  private final MemorySegment memory;
  private final Pointer pointer;
  private final Pointer cell;

  RequestBuffer(Arena arena) {
    memory = arena.allocate(LibFuseSession.BUFFER_SIZE, Long.BYTES);
    pointer = LoadedLibFuse.pointer(memory.address());
    cell = LoadedLibFuse.pointer(arena.allocate(JAVA_LONG).address());
  }

  /** See {@link LibFuseSession#receive}. */
  int receive(LibFuseSession session) throws IOException {
    return session.receive(cell, pointer);
  }

  void process(LibFuseSession session, int length) {
    session.process(pointer, length);
  }

  int opcode() {
    return NativeMemory.getInt(memory.address() + OPCODE);
  }

  /** The file handle of a READ: what the open operation stored. */
  long readHandle() {
    return NativeMemory.getLong(memory.address() + READ_HANDLE);
  }

  long readOffset() {
    return NativeMemory.getLong(memory.address() + READ_OFFSET);
  }

  int readSize() {
    return NativeMemory.getInt(memory.address() + READ_SIZE);
  }

  /** A copy of the request, to be answered later, by whichever thread {@link #load}s it. */
  byte[] copy(int length) {
    return memory.asSlice(0, length).toArray(JAVA_BYTE);
  }

  /**
   * @return its length
   */
  int load(byte[] request) {
    MemorySegment.copy(request, 0, memory, JAVA_BYTE, 0, request.length);
    return request.length;
  }
}
