package io.loadstar.lazy;

import io.loadstar.layer.Inode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Reads of lazy layers as a test wants them: with a deadline. */
final class Reading {

  private static final long DEADLINE_SECONDS = 30;
  private static final long POLL_NANOS = 200_000;

  private Reading() {}

  /** Begins a read of what may have to be fetched. */
  static CompletableFuture<byte[]> begin(
      LazyLayer layer, Inode.RegularFile file, long offset, int length) {
    ByteBuffer buffer = ByteBuffer.allocate(length + 10).position(5).limit(5 + length);
    CompletableFuture<byte[]> result = new CompletableFuture<>();
    layer.read(
        file.number(),
        offset,
        buffer,
        (count, failure) -> {
          boolean first;
          if (failure != null) {
            first = result.completeExceptionally(failure);
          } else if (buffer.position() != 5 + count) {
            first = result.completeExceptionally(new AssertionError("position " + buffer));
          } else {
            byte[] bytes = new byte[count];
            buffer.get(5, bytes);
            first = result.complete(bytes);
          }
          if (!first) {
            throw new AssertionError("told twice");
          }
        });
    return result;
  }

  /** A whole read: what is there, else what comes. */
  static byte[] read(LazyLayer layer, Inode.RegularFile file, long offset, int length)
      throws Exception {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    int count = layer.tryRead(file.number(), offset, buffer);
    if (count == LazyLayer.WOULD_WAIT) {
      if (buffer.position() != 0 || buffer.limit() != length) {
        throw new AssertionError("a miss moved the buffer: " + buffer);
      }
      return await(begin(layer, file, offset, length));
    }
    byte[] bytes = new byte[count];
    buffer.flip().get(bytes);
    return bytes;
  }

  static <T> T await(CompletableFuture<T> future) throws Exception {
    return future.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  /** Why a read failed, which it must. */
  static IOException failureOf(CompletableFuture<byte[]> read) throws Exception {
    try {
      byte[] bytes = await(read);
      throw new AssertionError("read " + bytes.length + " bytes");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        return failure;
      }
      throw e;
    }
  }

  /** Returns when {@code condition} holds. */
  static void until(BooleanSupplier condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException("it never came to that");
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }
}
