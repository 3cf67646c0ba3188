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
import io.loadstar.oci.ReferrerEntry;
import io.loadstar.registry.RegistryRequest.Patience;
import io.loadstar.registry.RegistryRequest.Purpose;
import io.loadstar.registry.hosts.HostCapability;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * What a repository has that speaks of a manifest: {@code /v2/NAME/referrers/DIGEST}, the index
 * under the tag {@code sha256-HEX} where the registry doesn't know that, and cosign's tags.
 * Thread-safe. Sources: OCI distribution-spec 1.1, "Listing Referrers", "Pushing Manifests with
 * Subject" and "Referrers Tag Schema"; cosign, SIGNATURE_SPEC.md.
 */
final class ReferrerEndpoint {

  private static final int OK = 200;

  /** What registries say to a question that they don't know, or have nothing to answer to. */
  private static final Set<Integer> ANSWERS = Set.of(OK, 400, 404, 405, 501);

  private static final List<String> COSIGN_SUFFIXES = List.of(".sig", ".att", ".sbom");

  /** A list may come in several answers; more than this many are no list. */
  private static final int MAX_PAGES = 20;

  /** RFC 8288, as registries write it: one link, to the next page. */
  private static final Pattern NEXT =
      Pattern.compile("\\s*<([^>]*)>\\s*;.*\\brel=\"?next\"?.*", Pattern.CASE_INSENSITIVE);

  /** The index under a tag has no lock: who writes it looks whether it was written over. */
  private static final int WRITE_ATTEMPTS = 3;

  private final RegistryHttp http;
  private final RegistryAccess access;
  private final ManifestEndpoint manifests;

  ReferrerEndpoint(RegistryHttp http, RegistryAccess access, ManifestEndpoint manifests) {
    this.http = http;
    this.access = access;
    this.manifests = manifests;
  }

  List<Referrer> list(ImageReference repository, Digest subject) throws IOException {
    RegistryHost host = RegistryHost.of(repository, HostCapability.REFERRERS, access).getLast();
    Optional<List<Descriptor>> listed = listed(repository, host, subject);
    List<Descriptor> entries =
        listed.isPresent() ? listed.get() : tagged(repository, host, subject).manifests();
    List<Referrer> found = new ArrayList<>();
    for (Descriptor entry : entries) {
      String kind = entry.toJson().path("artifactType").asText("artifact");
      found.add(new Referrer(kind, entry.digest().toString()));
    }
    for (String suffix : COSIGN_SUFFIXES) {
      String tag = tag(subject) + suffix;
      if (exists(repository, host, tag)) {
        found.add(new Referrer("cosign's " + suffix.substring(1), "tag " + tag));
      }
    }
    return found;
  }

  /**
   * Enters a manifest in the index under its subject's tag: what the client has to do where the
   * registry doesn't keep the list by itself.
   *
   * @throws RegistryException if others write the index all the time
   */
  void add(ImageReference repository, ReferrerEntry entry) throws IOException {
    RegistryHost host = RegistryHost.toWrite(repository, access);
    for (int writes = 0; ; writes++) {
      ImageIndex index = tagged(repository, host, entry.subject());
      boolean present =
          index.manifests().stream()
              .anyMatch(other -> other.digest().equals(entry.descriptor().digest()));
      if (present) {
        return;
      }
      if (writes == WRITE_ATTEMPTS) {
        throw Failures.contended(host, "tag " + tag(entry.subject()) + " of " + repository.name());
      }
      List<Descriptor> all = new ArrayList<>(index.manifests());
      all.add(entry.descriptor());
      manifests.put(repository, tag(entry.subject()), index.withManifests(all).toDocument());
    }
  }

  private static String tag(Digest subject) {
    return "sha256-" + subject.hex();
  }

  /** What the registry itself lists; empty if it knows no such question. */
  private Optional<List<Descriptor>> listed(
      ImageReference repository, RegistryHost host, Digest subject) throws IOException {
    String what = "referrers of " + repository.name();
    List<Descriptor> entries = new ArrayList<>();
    HttpUrl next = host.referrers(repository, subject);
    for (int page = 0; next != null; page++) {
      Request get = get(next);
      try (Response response = http.sendPatiently(request(get, repository, host, what))) {
        if (response.code() != OK || !isIndex(response)) {
          return page == 0 ? Optional.empty() : Optional.of(entries);
        }
        if (page == MAX_PAGES) {
          throw Failures.nonsense(response, what, "lists more than " + MAX_PAGES + " pages");
        }
        entries.addAll(read(response, what).manifests());
        next = next(response, host, what);
      }
    }
    return Optional.of(entries);
  }

  /** A page for people says 200, too. */
  private static boolean isIndex(Response response) {
    String type = String.valueOf(response.header("Content-Type"));
    return MediaTypes.OCI_INDEX.equals(type.split(";", 2)[0].strip());
  }

  private @Nullable HttpUrl next(Response response, RegistryHost host, String what)
      throws RegistryException {
    String link = response.header("Link");
    Matcher matcher = NEXT.matcher(link == null ? "" : link);
    if (!matcher.matches()) {
      return null;
    }
    HttpUrl url = response.request().url().resolve(String.valueOf(matcher.group(1)));
    if (url == null || !host.owns(url)) {
      throw Failures.nonsense(response, what, "leads elsewhere for the next page");
    }
    return url;
  }

  /** The index under the subject's tag; an empty one if there is none. */
  private ImageIndex tagged(ImageReference repository, RegistryHost host, Digest subject)
      throws IOException {
    String what = "tag " + tag(subject) + " of " + repository.name();
    Request get = get(host.manifest(repository, tag(subject)));
    try (Response response = http.sendPatiently(request(get, repository, host, what))) {
      return response.code() == OK ? read(response, what) : ImageIndex.of(List.of());
    }
  }

  private ImageIndex read(Response response, String what) throws IOException {
    byte[] bytes = http.readCapped(response, ImageSource.MAX_MANIFEST_BYTES, what);
    ObjectNode json = JsonDocument.parse(bytes, what);
    return ImageIndex.parse(json, MediaTypes.OCI_INDEX, what);
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

  private static Request get(HttpUrl url) {
    return new Request.Builder().url(url).header("Accept", MediaTypes.OCI_INDEX).build();
  }

  private static RegistryRequest request(
      Request request, ImageReference repository, RegistryHost host, String what) {
    Purpose purpose = new Purpose(Scope.pull(repository.repository()), what, Patience.ANSWER);
    return new RegistryRequest(request, host, purpose, ANSWERS);
  }
}
