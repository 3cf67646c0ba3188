package io.loadstar.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MediaTypes;
import io.loadstar.oci.Referrer;
import io.loadstar.registry.RegistryRequest.Patience;
import io.loadstar.registry.RegistryRequest.Purpose;
import io.loadstar.registry.hosts.HostCapability;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;

/**
 * What a repository has that speaks of a manifest: {@code /v2/NAME/referrers/DIGEST}, the tag
 * {@code sha256-HEX} where the registry doesn't know that, and cosign's tags. Thread-safe. Sources:
 * OCI distribution-spec 1.1, "Listing Referrers" and "Referrers Tag Schema"; cosign,
 * SIGNATURE_SPEC.md.
 */
final class ReferrerEndpoint {

  private static final int OK = 200;

  /** What registries say to a question that they don't know, or have nothing to answer to. */
  private static final Set<Integer> ANSWERS = Set.of(OK, 400, 404, 405, 501);

  private static final List<String> COSIGN_SUFFIXES = List.of(".sig", ".att", ".sbom");

  private final RegistryHttp http;
  private final RegistryAccess access;

  ReferrerEndpoint(RegistryHttp http, RegistryAccess access) {
    this.http = http;
    this.access = access;
  }

  List<Referrer> list(ImageReference repository, Digest subject) throws IOException {
    RegistryHost host = RegistryHost.of(repository, HostCapability.REFERRERS, access).getLast();
    String tag = "sha256-" + subject.hex();
    List<Referrer> found = new ArrayList<>();
    HttpUrl url = host.referrers(repository, subject);
    if (!index(repository, host, url, found)) {
      index(repository, host, host.manifest(repository, tag), found);
    }
    for (String suffix : COSIGN_SUFFIXES) {
      if (exists(repository, host, tag + suffix)) {
        found.add(new Referrer("cosign's " + suffix.substring(1), "tag " + tag + suffix));
      }
    }
    return found;
  }

  private boolean index(
      ImageReference repository, RegistryHost host, HttpUrl url, List<Referrer> found)
      throws IOException {
    Request get = new Request.Builder().url(url).header("Accept", MediaTypes.OCI_INDEX).build();
    String what = "referrers of " + repository.name();
    try (Response response = http.sendPatiently(request(get, repository, host, what))) {
      if (response.code() != OK) {
        return false;
      }
      byte[] bytes = http.readCapped(response, ImageSource.MAX_MANIFEST_BYTES, what);
      ObjectNode json = JsonDocument.parse(bytes, what);
      for (Descriptor entry : ImageIndex.parse(json, MediaTypes.OCI_INDEX, what).manifests()) {
        String kind = entry.toJson().path("artifactType").asText("artifact");
        found.add(new Referrer(kind, entry.digest().toString()));
      }
      return true;
    }
  }

  private boolean exists(ImageReference repository, RegistryHost host, String tag)
      throws IOException {
    Request head =
        new Request.Builder()
            .url(host.manifest(repository, tag))
            .header("Accept", MediaTypes.OCI_MANIFEST + ", " + MediaTypes.DOCKER_MANIFEST)
            .head()
            .build();
    try (Response response = http.sendPatiently(request(head, repository, host, "tag " + tag))) {
      return response.code() == OK;
    }
  }

  private static RegistryRequest request(
      Request request, ImageReference repository, RegistryHost host, String what) {
    Purpose purpose = new Purpose(Scope.pull(repository.repository()), what, Patience.ANSWER);
    return new RegistryRequest(request, host, purpose, ANSWERS);
  }
}
