package io.loadstar.registry;

import io.loadstar.blob.Digest;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Referrer;
import io.loadstar.oci.ReferrerEntry;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Speaks to registries: one for a whole process, with its connections and tokens. Thread-safe;
 * closed by whoever made it. Source: OCI distribution-spec 1.1.
 *
 * <p>Manifests are verified here; the bytes of blobs are not, since only their reader knows which
 * part of them proves what. All methods block and end early when their thread is interrupted. They
 * throw a {@link RegistryException} when the registry doesn't give or take what is asked.
 */
public final class RegistryClient implements Closeable {

  private final RegistryAccess access;
  private final RegistryHttp http;
  private final ManifestEndpoint manifests;
  private final BlobEndpoint blobs;
  private final ReferrerEndpoint referrers;

  public RegistryClient(RegistryAccess access) {
    this(access, System::nanoTime);
  }

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  RegistryClient(RegistryAccess access, LongSupplier nanoTime) {
    this.access = access;
    this.http = new RegistryHttp(access, nanoTime);
    this.manifests = new ManifestEndpoint(http, access);
    this.blobs = new BlobEndpoint(http, access);
    this.referrers = new ReferrerEndpoint(http, access, manifests);
  }

  /**
   * The manifest or index that {@code image} names: by its digest if it has one, which the bytes
   * then have, else by its tag. At most {@link ImageSource#MAX_MANIFEST_BYTES}.
   *
   * @throws io.loadstar.blob.DigestMismatchException if the bytes aren't those that were named
   * @throws io.loadstar.oci.MalformedDocumentException if they are no manifest or index
   */
  public ImageDocument resolve(ImageReference image) throws IOException {
    return manifests.get(image);
  }

  /**
   * A manifest of {@code repository} (whose tag and digest don't matter) by its descriptor.
   *
   * @throws IOException as {@link #resolve}
   */
  public ImageDocument manifest(ImageReference repository, Descriptor descriptor)
      throws IOException {
    return manifests.get(repository, descriptor);
  }

  /**
   * A blob of known size. Costs no request.
   *
   * @param repository tag and digest don't matter
   * @param blob its digest and size
   */
  public RegistryBlobSource openBlob(ImageReference repository, Descriptor blob) {
    return new RegistryBlobSource(ranges(repository, blob.digest()), blob.size());
  }

  /**
   * A blob of unknown size, with its last {@code length} bytes (all of it, if it has fewer): one
   * request where the server knows suffix ranges, three where it doesn't.
   *
   * @throws RegistryException if there is no such blob, or it can't be had
   */
  public BlobTail openTail(ImageReference repository, Digest blob, int length) throws IOException {
    return new TailRead(ranges(repository, blob)).open(length);
  }

  /**
   * What the repository (no mirror) has that speaks of the manifest {@code subject}: signatures,
   * attestations. Of a registry that knows no such question, those with a tag.
   */
  public List<Referrer> referrers(ImageReference repository, Digest subject) throws IOException {
    return referrers.list(repository, subject);
  }

  /** Whether the registry itself (no mirror) has the blob in this repository. */
  public boolean hasBlob(ImageReference repository, Digest blob) throws IOException {
    return blobs.has(repository, blob);
  }

  /**
   * Has the registry take a blob over from another of its repositories.
   *
   * @return false if it didn't; the blob then has to be put
   */
  public boolean mountBlob(ImageReference to, Digest blob, ImageReference from) throws IOException {
    return to.host().equals(from.host()) && blobs.mount(to, blob, from);
  }

  /**
   * Stores a blob in one upload. Bytes that aren't the blob's are never all sent.
   *
   * @throws io.loadstar.blob.DigestMismatchException if the content isn't the blob
   * @throws IOException as {@code content} throws
   */
  public void putBlob(ImageReference repository, Descriptor blob, BlobContent content)
      throws IOException {
    blobs.put(repository, blob, content);
  }

  /**
   * Stores a manifest or index under {@code image}'s tag, or under its own digest if {@code image}
   * has no tag. If it has a subject it is found by that from then on, in registries that know
   * nothing of this as well ({@link #referrers}).
   */
  public void putManifest(ImageReference image, ImageDocument manifest) throws IOException {
    put(image, selector(image.tag(), manifest), manifest);
  }

  /** The image as the source of a copy. Closing that leaves this client open. */
  public ImageSource source(ImageReference image) {
    return new RegistryImageSource(this, image);
  }

  /** The image as the destination of a copy. Closing that leaves this client open. */
  public ImageDestination destination(ImageReference image) {
    return new RegistryImageDestination(this, image);
  }

  void putUnnamed(ImageReference repository, ImageDocument manifest) throws IOException {
    put(repository, selector(null, manifest), manifest);
  }

  private void put(ImageReference image, String selector, ImageDocument manifest)
      throws IOException {
    Optional<ReferrerEntry> entry = ReferrerEntry.of(manifest);
    boolean entered = manifests.put(image, selector, manifest);
    if (entry.isPresent() && !entered) {
      referrers.add(image, entry.get());
    }
  }

  private static String selector(@Nullable String tag, ImageDocument manifest) {
    return tag != null ? tag : manifest.digest().toString();
  }

  private RangeRequests ranges(ImageReference repository, Digest digest) {
    return new RangeRequests(http, access, repository, digest);
  }

  @Override
  public void close() {
    http.close();
  }
}
