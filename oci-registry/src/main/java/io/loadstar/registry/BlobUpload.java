package io.loadstar.registry;

import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;

/**
 * One blob's way up. Not thread-safe; used once.
 *
 * <p>First in one request, which every registry takes and no network makes slow. If that breaks
 * off, a small blob starts over; of a larger one the registry is asked how much it has, and the
 * rest (or, if it has forgotten, all) goes up in pieces, so that the next break costs one of them.
 */
final class BlobUpload {

  private static final Set<Integer> STORED = Set.of(201, 200, 204);

  private final RegistryHttp http;
  private final RegistryAccess access;
  private final RegistryRequest start;
  private final Attempts attempts;
  private boolean chunksRefused;

  /**
   * @param start asks for a session
   */
  BlobUpload(RegistryHttp http, RegistryAccess access, RegistryRequest start) {
    this.http = http;
    this.access = access;
    this.start = start;
    this.attempts = http.retries().begin();
  }

  void put(Descriptor blob, BlobContent content) throws IOException {
    for (; ; ) {
      UploadSession session = http.retries().run(this::session);
      try {
        putWhole(session, blob, content);
        return;
      } catch (RegistryException.Unreachable e) {
        attempts.failed(e);
        if (blob.size() > ChunkedUpload.CHUNK_BYTES && !chunksRefused) {
          if (putInChunks(session, blob, content)) {
            return;
          }
          chunksRefused = true;
        } else {
          session.cancelBroken(access.retries().pause());
        }
      } catch (RegistryException e) {
        session.cancelBroken(access.retries().pause());
        attempts.failed(e);
      }
    }
  }

  private UploadSession session() throws IOException {
    try (Response response = http.send(start)) {
      return new UploadSession(http, start, http.location(response, start.purpose().object()));
    }
  }

  private void putWhole(UploadSession session, Descriptor blob, BlobContent content)
      throws IOException {
    BlobBody body = new BlobBody(blob, content);
    HttpUrl target =
        session.url().newBuilder().addQueryParameter("digest", blob.digest().toString()).build();
    Request put = new Request.Builder().url(target).put(body).build();
    try {
      http.send(new RegistryRequest(put, start.host(), start.purpose(), STORED)).close();
    } catch (RegistryException e) {
      Optional<IOException> unreadable = body.unreadable();
      if (unreadable.isPresent()) {
        session.cancelBroken(access.retries().pause());
        throw unreadable.get();
      }
      throw e;
    } catch (IOException e) {
      session.cancelBroken(access.retries().pause());
      throw body.unreadable().orElse(e);
    }
  }

  /**
   * Goes on with {@code broken}, or with as many new sessions as retries allow.
   *
   * @return false if the registry doesn't take blobs in pieces
   */
  private boolean putInChunks(UploadSession broken, Descriptor blob, BlobContent content)
      throws IOException {
    ChunkedUpload upload = resumed(broken, blob);
    for (; ; ) {
      try {
        upload.send(blob, content);
        return true;
      } catch (ChunkedUpload.LostException e) {
        upload.session().cancelUnused();
        attempts.failed(e.reason());
        upload = new ChunkedUpload(http.retries().run(this::session), 0);
      } catch (ChunkedUpload.ContentException e) {
        upload.session().cancelBroken(access.retries().pause());
        throw e.reason();
      } catch (RegistryException.Refused e) {
        upload.session().cancelBroken(access.retries().pause());
        if (e.isTransient()) {
          throw e;
        }
        return false;
      } catch (IOException e) {
        upload.session().cancelBroken(access.retries().pause());
        throw e;
      }
    }
  }

  private ChunkedUpload resumed(UploadSession broken, Descriptor blob) throws IOException {
    try {
      ChunkedUpload.Progress progress = ChunkedUpload.ask(broken);
      if (progress.received() <= blob.size()) {
        UploadSession going = new UploadSession(http, start, progress.url());
        return new ChunkedUpload(going, progress.received());
      }
    } catch (RegistryException e) {
      // It has forgotten what came.
    }
    broken.cancelUnused();
    return new ChunkedUpload(http.retries().run(this::session), 0);
  }
}
