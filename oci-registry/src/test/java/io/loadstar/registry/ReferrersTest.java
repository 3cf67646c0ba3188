package io.loadstar.registry;

import static io.loadstar.registry.fake.Faults.status;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.MalformedDocumentException;
import io.loadstar.oci.MediaTypes;
import io.loadstar.oci.Referrer;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.Fault;
import io.loadstar.registry.fake.Faults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What speaks of a manifest is found, whether the registry knows of such things or not. */
@ParameterizedClass
@EnumSource
final class ReferrersTest {

  private static final Digest SUBJECT = Digest.of("subject".getBytes(StandardCharsets.UTF_8));
  private static final String TAG = "sha256-" + SUBJECT.hex();

  private final TestAccess known;
  private final FakeRegistry.Wire wire;
  private FakeRegistry registry;
  private RegistryClient client;

  ReferrersTest(FakeRegistry.Wire wire) {
    this.wire = wire;
    this.known = new TestAccess(wire);
  }

  @BeforeEach
  void start() {
    registry = new FakeRegistry(wire);
    client = new RegistryClient(known.access());
  }

  @AfterEach
  void stop() {
    client.close();
    registry.close();
  }

  @Test
  void aRegistrysOwnListIsReadPageByPage() throws IOException {
    ImageDocument first = artifact("first");
    ImageDocument second = artifact("second");
    String next = "</v2/a/b/referrers/" + SUBJECT + "?last=x>; rel=\"next\"";
    registry.next(page(first, next), page(second, ""));
    assertEquals(
        List.of(referrer("first", first), referrer("second", second)),
        client.referrers(registry.image(), SUBJECT));
    assertEquals(
        List.of(
            "GET /v2/a/b/referrers/" + SUBJECT,
            "GET /v2/a/b/referrers/" + SUBJECT + "?last=x",
            "HEAD /v2/a/b/manifests/" + TAG + ".sig",
            "HEAD /v2/a/b/manifests/" + TAG + ".att",
            "HEAD /v2/a/b/manifests/" + TAG + ".sbom"),
        registry.lines());
  }

  @Test
  void aListThatLeadsElsewhereOrNeverEndsIsRefused() {
    registry.next(page(artifact("x"), "<https://elsewhere.example/>; rel=next"));
    assertThrows(
        RegistryException.BadResponse.class, () -> client.referrers(registry.image(), SUBJECT));
    String same = "</v2/a/b/referrers/" + SUBJECT + ">; rel=next";
    registry.always(ReferrersTest::isList, page(artifact("x"), same));
    assertThrows(
        RegistryException.BadResponse.class, () -> client.referrers(registry.image(), SUBJECT));
    assertEquals(1 + 21, registry.requests().size());
  }

  @Test
  void aPageForPeopleIsNoList() throws IOException {
    registry.next((request, good) ->
        new MockResponse.Builder()
            .addHeader("Content-Type", "text/html")
            .body("<html>welcome</html>")
            .build());
    assertEquals(List.of(), client.referrers(registry.image(), SUBJECT));
  }

  @Test
  void aRegistryThatKeepsTheListItselfGetsTheManifestOnly() throws IOException {
    registry.next(status(201, "OCI-Subject", SUBJECT.toString()));
    ImageDocument artifact = artifact("x");
    client.putManifest(registry.image(), artifact);
    assertEquals(List.of("PUT /v2/a/b/manifests/t"), registry.lines());
  }

  @Test
  void elsewhereTheSubjectsTagIsWrittenAndLookedAt() throws IOException {
    ImageDocument first = artifact("first");
    ImageDocument second = artifact("second");
    client.putUnnamed(registry.image(), first);
    assertEquals(
        List.of(
            "PUT /v2/a/b/manifests/" + first.digest().toString().replace(":", "%3A"),
            "GET /v2/a/b/manifests/" + TAG,
            "PUT /v2/a/b/manifests/" + TAG,
            "GET /v2/a/b/manifests/" + TAG),
        registry.lines().stream().map(line -> line.replace("sha256:", "sha256%3A")).toList());
    client.putUnnamed(registry.image(), second);
    assertEquals(8, registry.requests().size());
    client.putUnnamed(registry.image(), second);
    assertEquals(10, registry.requests().size(), "it is there already");
    assertEquals(
        List.of(referrer("first", first), referrer("second", second)),
        client.referrers(registry.image(), SUBJECT));
    Descriptor entry = ImageIndex.parse(registry.manifest(TAG)).manifests().getFirst();
    assertEquals("who", entry.annotations().get("by"));
    assertEquals(first.descriptor().size(), entry.size());
  }

  @Test
  void anIndexThatIsWrittenOverByOthersIsWrittenAgain() throws IOException {
    ImageDocument artifact = artifact("x");
    // The first index is lost behind another writer's.
    registry.next(Faults.none(), Faults.none(), Faults.none(), status(404));
    client.putUnnamed(registry.image(), artifact);
    assertEquals(
        List.of("PUT", "GET", "PUT", "GET", "PUT", "GET"),
        registry.requests().stream().map(RecordedRequest::getMethod).toList());
    assertEquals(1, ImageIndex.parse(registry.manifest(TAG)).manifests().size());
  }

  @Test
  void whatStandsUnderTheTagAndIsNoIndexIsLeftAlone() {
    registry.add(TAG, artifact("other"));
    assertThrows(
        MalformedDocumentException.class,
        () -> client.putUnnamed(registry.image(), artifact("mine")));
    assertEquals(List.of("PUT", "GET"), methods());
  }

  private List<String> methods() {
    return registry.requests().stream()
        .map(RecordedRequest::getMethod)
        .map(String::valueOf)
        .toList();
  }

  private static boolean isList(RecordedRequest request) {
    return request.getUrl().encodedPath().contains("/referrers/");
  }

  private static Referrer referrer(String type, ImageDocument artifact) {
    return new Referrer("application/x-" + type, artifact.digest().toString());
  }

  private static ImageDocument artifact(String type) {
    Descriptor empty = Descriptor.of("application/vnd.oci.empty.v1+json", SUBJECT, 2);
    Descriptor subject = Descriptor.of(MediaTypes.OCI_MANIFEST, SUBJECT, 7);
    return ImageDocument.of(
        MediaTypes.OCI_MANIFEST,
        """
        {"schemaVersion":2,"mediaType":"%s","artifactType":"application/x-%s","config":%s,
         "layers":[],"subject":%s,"annotations":{"by":"who"}}
        """
            .formatted(MediaTypes.OCI_MANIFEST, type, empty.toJson(), subject.toJson())
            .getBytes(StandardCharsets.UTF_8));
  }

  private static Fault page(ImageDocument artifact, String link) {
    String type = artifact.descriptor().mediaType();
    String kind = new String(artifact.bytes(), StandardCharsets.UTF_8);
    String artifactType = kind.replaceAll("(?s).*\"artifactType\":\"([^\"]*)\".*", "$1");
    String body =
        "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d,\"artifactType\":\"%s\"}]}"
            .formatted(type, artifact.digest(), artifact.descriptor().size(), artifactType);
    return (request, good) ->
        new MockResponse.Builder()
            .addHeader("Content-Type", MediaTypes.OCI_INDEX)
            .addHeader("Link", link)
            .body(new Buffer().writeUtf8(body))
            .build();
  }
}
