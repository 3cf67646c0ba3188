package io.loadstar.registry;

import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.VerifyingOutput;
import io.loadstar.registry.RegistryRequest.Patience;
import io.loadstar.registry.RegistryRequest.Purpose;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;

/**
 * A blob's way up in pieces, for connections that break: each piece is a request of its own, and
 * after a failure the registry is asked how much it has. Not thread-safe; used once. Source: OCI
 * distribution-spec 1.1, "Pushing a blob in chunks" and "Resuming an upload".
 *
 * <p>A piece is held in memory until the registry has acknowledged it, so the content is read once.
 * Distribution (2.8, as seen) forgets a session of which a piece came in part; others go on from
 * where they are.
 */
final class ChunkedUpload {

  /** One piece. Memory for each upload under way; large enough that answers cost little. */
  static final int CHUNK_BYTES = 16 << 20;

  private static final MediaType OCTETS = MediaType.get("application/octet-stream");
  private static final int ACCEPTED = 202;

  private final RegistryHttp http;
  private final RegistryRequest started;
  private HttpUrl url;
  private long received;
  private final Attempts attempts;

  /** The registry has lost, or refuses to tell, what it had: only a new session helps. */
  static final class LostException extends IOException {
    private static final long serialVersionUID = 1;
    private final RegistryException reason;

    LostException(RegistryException reason) {
      super(reason);
      this.reason = reason;
    }

    RegistryException reason() {
      return reason;
    }
  }

  /**
   * @param session goes on
   * @param received how many bytes it has, of which the first in this upload is the next
   */
  ChunkedUpload(UploadSession session, long received) {
    this.http = session.http();
    this.started = session.started();
    this.url = session.url();
    this.received = received;
    this.attempts = http.retries().begin();
  }

  /** Where the session goes on; what a cancellation is sent to. */
  UploadSession session() {
    return new UploadSession(http, started, url);
  }

  /**
   * Sends the blob from where the registry is, and has it stored.
   *
   * @throws LostException if the session is gone
   * @throws ContentException if {@code content} can't be read or isn't the blob
   */
  void send(Descriptor blob, BlobContent content) throws IOException {
    Chunks chunks = new Chunks((int) Math.min(CHUNK_BYTES, blob.size()));
    VerifyingOutput verifying = new VerifyingOutput(blob, chunks);
    try {
      content.writeTo(verifying);
      verifying.finish();
    } catch (SendingException e) {
      throw e.failure();
    } catch (IOException e) {
      throw new ContentException(e);
    }
    try {
      chunks.sendRest();
    } catch (SendingException e) {
      throw e.failure();
    }
    HttpUrl target = url.newBuilder().addQueryParameter("digest", blob.digest().toString()).build();
    Request put = new Request.Builder().url(target).put(RequestBody.EMPTY).build();
    http.sendPatiently(request(put, Patience.COMMIT, Set.of(200, 201, 204))).close();
  }

  /** The content couldn't be read, or isn't the blob: sending it again is no use. */
  static final class ContentException extends IOException {
    private static final long serialVersionUID = 1;
    private final IOException reason;

    ContentException(IOException reason) {
      super(reason);
      this.reason = reason;
    }

    IOException reason() {
      return reason;
    }
  }

  /** Carries a failure to send out through the content's own code. */
  private static final class SendingException extends IOException {
    private static final long serialVersionUID = 1;
    private final IOException failure;

    SendingException(IOException failure) {
      super(failure);
      this.failure = failure;
    }

    IOException failure() {
      return failure;
    }
  }

  /**
   * How much the registry has.
   *
   * @return none if it knows of no such session
   */
  static Progress ask(UploadSession session) throws IOException {
    Request get = new Request.Builder().url(session.url()).get().build();
    Purpose purpose = session.started().purpose();
    RegistryRequest request =
        new RegistryRequest(
            get,
            session.started().host(),
            new Purpose(purpose.scope(), purpose.object(), Patience.ANSWER),
            Set.of(200, ACCEPTED, 204));
    try (Response response = session.http().sendPatiently(request)) {
      HttpUrl next =
          response.header("Location") == null
              ? session.url()
              : session.http().location(response, purpose.object());
      return new Progress(next, end(response));
    }
  }

  /**
   * How far an upload is.
   *
   * @param url where it goes on
   * @param received how many bytes the registry has
   */
  record Progress(HttpUrl url, long received) {}

  /** {@code Range: 0-N} names the last byte; distribution says {@code 0-0} of nothing too. */
  private static long end(Response response) {
    String range = response.header("Range");
    if (range == null || !range.matches("(bytes=)?0-\\d{1,15}")) {
      return 0;
    }
    long last = Long.parseLong(range.substring(range.indexOf('-') + 1));
    return last == 0 ? 0 : last + 1;
  }

  private RegistryRequest request(Request request, Patience patience, Set<Integer> expected) {
    Purpose purpose = started.purpose();
    return new RegistryRequest(
        request,
        started.host(),
        new Purpose(purpose.scope(), purpose.object(), patience),
        expected);
  }

  /**
   * Bytes that the HTTP client must not send again by itself: the session may have some of them.
   */
  private static final class Piece extends RequestBody {

    private final byte[] bytes;
    private final int from;
    private final int length;

    Piece(byte[] bytes, int from, int length) {
      this.bytes = bytes;
      this.from = from;
      this.length = length;
    }

    @Override
    public boolean isOneShot() {
      return true;
    }

    @Override
    public MediaType contentType() {
      return OCTETS;
    }

    @Override
    public long contentLength() {
      return length;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
      sink.write(bytes, from, length);
    }
  }

  /** Gathers bytes into pieces. */
  private final class Chunks extends OutputStream {

    private final byte[] buffer;

    /** Where in the blob the buffer starts. */
    private long start;

    private int filled;

    Chunks(int size) {
      this.buffer = new byte[Math.max(1, size)];
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int done = 0;
      while (done < length) {
        int part = Math.min(length - done, buffer.length - filled);
        System.arraycopy(bytes, offset + done, buffer, filled, part);
        filled += part;
        done += part;
        if (filled == buffer.length) {
          sendRest();
        }
      }
    }

    /** Sends what of the buffer the registry doesn't have. */
    void sendRest() throws SendingException {
      long end = start + filled;
      try {
        while (received < end) {
          sendOnce(end);
        }
      } catch (IOException e) {
        throw new SendingException(e);
      }
      start = end;
      filled = 0;
    }

    private void sendOnce(long end) throws IOException {
      int from = (int) (received - start);
      int length = (int) (end - received);
      Request patch =
          new Request.Builder()
              .url(url)
              .header("Content-Range", received + "-" + (end - 1))
              .patch(new Piece(buffer, from, length))
              .build();
      try (Response response = http.send(request(patch, Patience.COMMIT, Set.of(ACCEPTED)))) {
        url = http.location(response, started.purpose().object());
        received = end;
        attempts.gotOn();
      } catch (RegistryException e) {
        attempts.failed(e);
        catchUp(e);
      }
    }

    private void catchUp(RegistryException reason) throws IOException {
      Progress progress;
      try {
        progress = ask(session());
      } catch (RegistryException e) {
        throw new LostException(reason);
      }
      if (progress.received() < start || progress.received() > start + filled) {
        throw new LostException(reason);
      }
      url = progress.url();
      received = progress.received();
    }
  }
}
