package io.loadstar.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.FileBlobSource;
import io.loadstar.build.BuildOptions;
import io.loadstar.build.BuiltLayer;
import io.loadstar.build.LayerBuilder;
import io.loadstar.format.LayerBlob;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.oci.ImageReference;
import io.loadstar.snapshot.NotLazyException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A layer that isn't what its labels promise is mounted only if configuration and labels say so.
 */
final class VerificationTest {

  private static final Digest WRONG = new Digest("0".repeat(64));

  /** Two blocks of zeros: a tar of nothing (POSIX pax, "End-of-Archive"). */
  private static final byte[] EMPTY_TAR = new byte[1024];

  @TempDir Path root;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @SuppressWarnings("NullAway.Init")
  private BuiltLayer built;

  @BeforeEach
  void build() throws Exception {
    try (LayerBuilder builder = new LayerBuilder(1)) {
      built =
          builder.build(
              new ByteArrayInputStream(EMPTY_TAR), root.resolve("blob"), BuildOptions.DEFAULT);
    }
  }

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private LayerResolver resolver(Verification verification) {
    LayerOpener opener =
        new LayerOpener() {
          @Override
          public Opened open(ImageReference image, Digest layer, int tailBytes) throws IOException {
            FileBlobSource source = FileBlobSource.open(built.file(), built.digest());
            return new Opened(source, LayerBlob.open(source));
          }

          @Override
          public BlobSource openWhole(ImageReference image, Digest layer) {
            throw new AssertionError("nothing is unpacked");
          }

          @Override
          public BlobSource reopen(ImageReference image, Digest layer, long size) {
            throw new AssertionError("nothing is kept");
          }
        };
    return new LayerResolver(
        new LayerResolver.Layers(opener, PrefetchAhead.NONE),
        new LayerResolver.Terms(verification, Duration.ofSeconds(30), OverlayXattrs.TRUSTED),
        new LayerResolver.Threads(threads, threads));
  }

  private LayerSource source(@Nullable Digest promised, boolean mayBeUnverified) {
    return new LayerSource(
        ImageReference.parse("example.org/a:1"),
        built.digest(),
        promised,
        List.of(),
        new LayerSource.Asked("", mayBeUnverified));
  }

  private void isRefused(Verification verification, LayerSource source) {
    LayerResolver resolver = resolver(verification);
    assertThrows(NotLazyException.class, () -> resolver.resolve(source));
    assertEquals(0, resolver.unverified());
  }

  private void isTaken(Verification verification, LayerSource source, int unverified)
      throws Exception {
    LayerResolver resolver = resolver(verification);
    resolver.resolve(source).content().source().close();
    assertEquals(unverified, resolver.unverified());
  }

  @Test
  void aPromiseThatIsKeptIsNeverCounted() throws Exception {
    for (Verification verification : List.of(Verification.REQUIRED, Verification.WHERE_PROMISED)) {
      isTaken(verification, source(built.tocDigest(), false), 0);
      isTaken(verification, source(built.tocDigest(), true), 0);
    }
    isTaken(Verification.DISABLED, source(built.tocDigest(), false), 0);
  }

  @Test
  void withoutAPromiseItTakesConfigurationAndLabel() throws Exception {
    isRefused(Verification.REQUIRED, source(null, false));
    isRefused(Verification.REQUIRED, source(null, true));
    isRefused(Verification.WHERE_PROMISED, source(null, false));
    isRefused(Verification.DISABLED, source(null, false));
    isTaken(Verification.WHERE_PROMISED, source(null, true), 1);
    isTaken(Verification.DISABLED, source(null, true), 1);
  }

  @Test
  void aBrokenPromiseTakesTheStrongerConfiguration() throws Exception {
    for (Verification verification : Verification.values()) {
      isRefused(verification, source(WRONG, false));
    }
    isRefused(Verification.WHERE_PROMISED, source(WRONG, true));
    isTaken(Verification.DISABLED, source(WRONG, true), 1);
  }
}
