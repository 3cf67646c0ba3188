package io.loadstar.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MalformedDocumentException;
import io.loadstar.oci.MediaTypes;
import io.loadstar.registry.hosts.HostCapability;
import java.io.IOException;
import java.util.Set;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** {@code /v2/NAME/manifests/REFERENCE}. Thread-safe. Source: OCI distribution-spec. */
final class ManifestEndpoint {

  private static final String ACCEPT =
      String.join(
          ", ",
          MediaTypes.OCI_INDEX,
          MediaTypes.OCI_MANIFEST,
          MediaTypes.DOCKER_INDEX,
          MediaTypes.DOCKER_MANIFEST);

  private final RegistryHttp http;
  private final RegistryAccess access;

  ManifestEndpoint(RegistryHttp http, RegistryAccess access) {
    this.http = http;
    this.access = access;
  }

  /** What the reference's digest, else its tag names. */
  ImageDocument get(ImageReference image) throws IOException {
    HostCapability needed = image.digest() == null ? HostCapability.RESOLVE : HostCapability.PULL;
    return http.retries()
        .run(() ->
            http.firstOf(RegistryHost.of(image, needed, access), host -> getOnce(image, host)));
  }

  /**
   * Stores a manifest under {@code selector}, a tag or its digest.
   *
   * @return whether the registry says that it has entered it in its subject's referrers
   */
  boolean put(ImageReference image, String selector, ImageDocument manifest) throws IOException {
    RegistryHost host = RegistryHost.toWrite(image, access);
    // Without okhttp's own charset parameter, which registries would take for another type.
    RequestBody body =
        RequestBody.create(manifest.bytes(), MediaType.get(manifest.descriptor().mediaType()));
    Request put = new Request.Builder().url(host.manifest(image, selector)).put(body).build();
    RegistryRequest.Purpose purpose =
        new RegistryRequest.Purpose(
            Scope.push(image.repository()),
            "image " + image.name() + ", manifest " + selector,
            RegistryRequest.Patience.COMMIT);
    RegistryRequest request = new RegistryRequest(put, host, purpose, Set.of(200, 201, 202));
    try (Response response = http.sendPatiently(request)) {
      checkDigest(response.header("Docker-Content-Digest"), manifest.digest(), purpose.object());
      return response.header("OCI-Subject") != null;
    }
  }

  private ImageDocument getOnce(ImageReference image, RegistryHost host) throws IOException {
    String object = "image " + image;
    Request get = new Request.Builder().url(host.manifest(image)).header("Accept", ACCEPT).build();
    RegistryRequest.Purpose purpose =
        new RegistryRequest.Purpose(
            Scope.pull(image.repository()), object, RegistryRequest.Patience.ANSWER);
    try (Response response = http.send(new RegistryRequest(get, host, purpose, Set.of(200)))) {
      byte[] bytes = http.readCapped(response, ImageSource.MAX_MANIFEST_BYTES, object);
      Digest actual = Digest.of(bytes);
      if (image.digest() != null && !image.digest().equals(actual)) {
        throw new DigestMismatchException(object, image.digest(), actual);
      }
      checkDigest(response.header("Docker-Content-Digest"), actual, object);
      return ImageDocument.of(mediaType(response, bytes, object), bytes);
    }
  }

  private static void checkDigest(@Nullable String header, Digest actual, String object)
      throws DigestMismatchException {
    // A registry may name its content by another algorithm, which says nothing about this one.
    if (header != null && header.startsWith("sha256:") && !header.equals(actual.toString())) {
      throw new DigestMismatchException(object, claimed(header, actual), actual);
    }
  }

  private static Digest claimed(String header, Digest actual) {
    try {
      return Digest.parse(header);
    } catch (IllegalArgumentException e) {
      return actual;
    }
  }

  /** The document's own word where it has one, since it is under the digest; else the header. */
  private static String mediaType(Response response, byte[] bytes, String object)
      throws MalformedDocumentException {
    JsonNode own = JsonDocument.parse(bytes, object).path("mediaType");
    String header = response.header("Content-Type");
    String sent = header == null ? "" : header.split(";", 2)[0].strip();
    String type = own.isTextual() ? own.textValue() : sent;
    if (!MediaTypes.isIndex(type) && !MediaTypes.isManifest(type)) {
      throw new MalformedDocumentException(
          object, "it is of type \"" + type + "\", not an image manifest or index");
    }
    boolean contradicts =
        (MediaTypes.isIndex(sent) || MediaTypes.isManifest(sent)) && !sent.equals(type);
    if (contradicts) {
      throw new MalformedDocumentException(
          object, "it says of itself " + type + ", the registry says " + sent);
    }
    return type;
  }

  ImageDocument get(ImageReference repository, Descriptor descriptor) throws IOException {
    ImageDocument found = get(repository.withDigest(descriptor.digest()));
    if (found.descriptor().size() != descriptor.size()
        || !found.mediaType().equals(descriptor.mediaType())) {
      throw new MalformedDocumentException(
          "image " + repository.name(), "its index has " + descriptor + ", which is " + found);
    }
    return found.describedBy(descriptor);
  }
}
