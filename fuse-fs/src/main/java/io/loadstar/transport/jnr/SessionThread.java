package io.loadstar.transport.jnr;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.transport.Failures;
import java.io.IOException;
import java.lang.foreign.Arena;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that receives requests of one mount and answers them: a platform thread, since it blocks
 * in the kernel. It ends itself when the session has ended or when it isn't needed.
 */
final class SessionThread extends Thread {

  private static final Logger LOG = LoggerFactory.getLogger(SessionThread.class);

  private final LibFuseSession session;
  private final ReadOnlyFileSystem fileSystem;
  private final Failures failures;
  private final SessionThreads threads;

  /** Set before the first request; the arena and its memory are this thread's. */
  @SuppressWarnings("NullAway.Init")
  private RequestHandler handler;

  @SuppressWarnings("NullAway.Init")
  private RequestBuffer request;

  SessionThread(
      LibFuseSession session,
      ReadOnlyFileSystem fileSystem,
      Failures failures,
      SessionThreads threads) {
    this.session = session;
    this.fileSystem = fileSystem;
    this.failures = failures;
    this.threads = threads;
    setDaemon(true);
  }

  /** The one that libfuse is calling back on. */
  static SessionThread current() {
    return (SessionThread) Thread.currentThread();
  }

  RequestHandler handler() {
    return handler;
  }

  @Override
  public void run() {
    try (Arena arena = Arena.ofConfined()) {
      request = new RequestBuffer(arena);
      handler = new RequestHandler(fileSystem, failures, threads, arena);
      serveRequests();
    } catch (IOException | RuntimeException | Error e) {
      LOG.error("{} stops, and its mount with it", getName(), e);
      threads.end();
    } finally {
      threads.left(this);
    }
  }

  private void serveRequests() throws IOException {
    while (threads.stay()) {
      int length = request.receive(session);
      if (length == LibFuseSession.ENDED) {
        threads.disconnected();
        return;
      }
      if (length != LibFuseSession.NOTHING) {
        serve(length);
      }
    }
  }

  private void serve(int length) {
    int opcode = request.opcode();
    if (opcode == RequestBuffer.READ) {
      serveRead(length);
      return;
    }
    request.process(session, length);
    if (opcode == RequestBuffer.INIT) {
      threads.initialised();
    }
  }

  /**
   * A read may wait, but one thread never does: without a slot, a read is answered if that can be
   * done at once, else left to whoever frees one.
   */
  private void serveRead(int length) {
    if (!threads.takeReadSlot()) {
      if (handler.canReadAtOnce(request.readHandle(), request.readOffset(), request.readSize())) {
        request.process(session, length);
        return;
      }
      if (!threads.takeReadSlotOrDefer(request.copy(length))) {
        return;
      }
    }
    request.process(session, length);
    byte[] deferred = threads.deferredReadOrFreeSlot();
    while (deferred != null) {
      request.process(session, request.load(deferred));
      deferred = threads.deferredReadOrFreeSlot();
    }
  }
}
