package io.loadstar.registry;

import io.loadstar.blob.Digest;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageReference;
import io.loadstar.registry.RegistryRequest.Patience;
import java.io.IOException;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * {@code /v2/NAME/blobs/DIGEST} and {@code /v2/NAME/blobs/uploads/}: whether a blob is there, and
 * storing one. Thread-safe. Source: OCI distribution-spec.
 */
final class BlobEndpoint {

  private static final int CREATED = 201;
  private static final int ACCEPTED = 202;
  private static final int NOT_FOUND = 404;

  private final RegistryHttp http;
  private final RegistryAccess access;

  BlobEndpoint(RegistryHttp http, RegistryAccess access) {
    this.http = http;
    this.access = access;
  }

  /** Whether the registry has it. A redirect is a yes: it leads to where the blob is. */
  boolean has(ImageReference repository, Digest digest) throws IOException {
    RegistryHost host = RegistryHost.toWrite(repository, access);
    Request head = new Request.Builder().url(host.blob(repository, digest)).head().build();
    RegistryRequest request =
        new RegistryRequest(
            head,
            host,
            purpose(Scope.push(repository.repository()), repository, digest),
            Set.of(200, 301, 302, 303, 307, 308, NOT_FOUND));
    try (Response response = http.sendPatiently(request)) {
      return response.code() != NOT_FOUND;
    }
  }

  /** Has the registry take a blob from another of its own repositories. */
  boolean mount(ImageReference to, Digest digest, ImageReference from) throws IOException {
    RegistryHost host = RegistryHost.toWrite(to, access);
    HttpUrl url =
        host.uploads(to)
            .addQueryParameter("mount", digest.toString())
            .addQueryParameter("from", from.repository())
            .build();
    RegistryRequest.Purpose purpose =
        purpose(Scope.mount(from.repository(), to.repository()), to, digest);
    RegistryRequest request =
        new RegistryRequest(post(url), host, purpose, Set.of(CREATED, ACCEPTED));
    try (Response response = http.sendPatiently(request)) {
      if (response.code() == CREATED) {
        return true;
      }
      new UploadSession(http, request, http.location(response, purpose.object())).cancelUnused();
      return false;
    }
  }

  /** Stores a blob. */
  void put(ImageReference repository, Descriptor blob, BlobContent content) throws IOException {
    RegistryHost host = RegistryHost.toWrite(repository, access);
    RegistryRequest start =
        new RegistryRequest(
            post(host.uploads(repository).build()),
            host,
            purpose(Scope.push(repository.repository()), repository, blob.digest()),
            Set.of(ACCEPTED));
    new BlobUpload(http, access, start).put(blob, content);
  }

  private static RegistryRequest.Purpose purpose(
      Scope scope, ImageReference repository, Digest digest) {
    return new RegistryRequest.Purpose(
        scope, "blob " + digest + " of " + repository.name(), Patience.COMMIT);
  }

  private static Request post(HttpUrl url) {
    return new Request.Builder().url(url).post(RequestBody.EMPTY).build();
  }
}
