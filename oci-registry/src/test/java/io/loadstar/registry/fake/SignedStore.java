package io.loadstar.registry.fake;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An object store behind a registry: blobs are read from URLs whose signature is good until it is
 * said to be over. Thread-safe; closed by whoever made it.
 */
public final class SignedStore implements AutoCloseable {

  private final FakeRegistry server;
  private final AtomicInteger issued = new AtomicInteger();
  private final AtomicInteger expired = new AtomicInteger();
  private volatile String more = "";

  public SignedStore() {
    this(FakeRegistry.Wire.HTTP_1);
  }

  public SignedStore(FakeRegistry.Wire wire) {
    server = new FakeRegistry(wire);
    server.always(
        request -> number(request.getUrl().queryParameter("sig")) <= expired.get(),
        Faults.status(403));
  }

  private static int number(@org.jspecify.annotations.Nullable String text) {
    return text == null ? 0 : Integer.parseInt(text);
  }

  /** Redirects each read of a blob to a URL of its own. */
  public Fault redirects() {
    return (request, good) ->
        Faults.redirect(server.url("/bucket?sig=" + issued.incrementAndGet() + more))
            .answer(request, good);
  }

  /** URLs signed from now on end so: {@code &Expires=1234}. */
  public void signWith(String query) {
    more = query;
  }

  /** No URL that was signed so far is good any more. */
  public void expireAll() {
    expired.set(issued.get());
  }

  /** How many URLs were signed. */
  public int signed() {
    return issued.get();
  }

  public FakeRegistry server() {
    return server;
  }

  public List<String> lines() {
    return server.lines();
  }

  @Override
  public void close() {
    server.close();
  }
}
