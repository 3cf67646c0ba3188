package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.cache.Quota;
import io.loadstar.lazy.LazyOptions;
import io.loadstar.registry.Mirror;
import io.loadstar.remote.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConfigurationTest {

  private static final String MIRROR = "resolver.host.a.b.mirrors[0].";

  @TempDir Path folder;

  private Configuration.Read read(String toml) throws IOException {
    return Configuration.read(Files.writeString(folder.resolve("config.toml"), toml));
  }

  @Test
  void anEmptyFileSaysNothing() throws Exception {
    assertEquals(new Configuration.Read(Configuration.defaults(), List.of()), read(""));
  }

  @Test
  void theShippedFileSaysWhatHoldsWithoutIt() throws Exception {
    assertEquals(
        new Configuration.Read(Configuration.defaults(), List.of()),
        read(ConfigurationDocument.defaults()));
  }

  @Test
  void theShippedFileHasEveryKeyThatIsReadAndExplainsIt() throws Exception {
    TomlTable nothing = TomlTable.read(Files.writeString(folder.resolve("empty.toml"), ""));
    var _ = Configuration.of(nothing);
    Set<String> explained = new TreeSet<>();
    String table = "";
    boolean told = false;
    for (String line : ConfigurationDocument.defaults().lines().toList()) {
      if (line.startsWith("[")) {
        table = line.substring(1, line.indexOf(']')) + ".";
      } else if (line.contains(" = ") && !line.startsWith("#")) {
        assertTrue(told, "not explained: " + line);
        explained.add(table + line.substring(0, line.indexOf(" = ")));
      }
      // One comment may be for several keys in a row.
      told = line.startsWith("# ") || (told && !line.isEmpty());
    }
    assertEquals(new TreeSet<>(nothing.asked()), explained);
  }

  @Test
  void thePeersPassthroughIsAFlag() throws Exception {
    assertEquals(
        PassthroughChoice.AUTO,
        read("[fuse]\npassthrough = true").configuration().fuse().passthrough());
    assertEquals(
        PassthroughChoice.OFF,
        read("[fuse]\npassthrough = false").configuration().fuse().passthrough());
  }

  @Test
  void pullsAreServedUnlessTheFileSaysOtherwise() throws Exception {
    assertEquals(new Configuration.Pulls(true, 8), read("").configuration().pulls());
    assertEquals(
        new Configuration.Pulls(false, 3),
        read("[pull]\nserve = false\nmax_at_once = 3").configuration().pulls());
    assertThrows(MalformedConfigurationException.class, () -> read("[pull]\nmax_at_once = 0\n"));
  }

  @Test
  void keysMeanWhatTheyMeanToThePeer() throws Exception {
    Configuration configuration =
        read("""
        metrics_address = "127.0.0.1:9000"
        noprefetch = true
        prefetch_timeout_sec = 3
        no_background_fetch = true
        allow_no_verification = true
        [resolver]
        request_timeout_sec = 7
        retry_sec = 90
        [[resolver.host."docker.io".mirrors]]
        host = "mirror.example:5000"
        insecure = true
        [[resolver.host."docker.io".mirrors]]
        host = "other.example"
        """)
            .configuration();
    assertEquals("127.0.0.1:9000", configuration.metricsAddress());
    assertEquals(Verification.WHERE_PROMISED, configuration.verification());
    assertEquals(false, configuration.fetch().prefetch());
    assertEquals(Duration.ofSeconds(3), configuration.fetch().prefetchTimeout());
    assertEquals(Optional.empty(), configuration.fetch().background());
    assertEquals(Duration.ofSeconds(7), configuration.resolver().requestTimeout());
    assertEquals(Duration.ofSeconds(90), configuration.resolver().retryLimit());
    assertEquals(
        Map.of(
            "docker.io",
            List.of(
                new Mirror("mirror.example:5000", Mirror.Protection.NONE),
                new Mirror("other.example", Mirror.Protection.TLS))),
        configuration.resolver().mirrors());
  }

  @Test
  void theStoreCanBeBounded() throws Exception {
    assertEquals(
        new Quota(50_000_000_000L, 5),
        read("[store]\nmax_bytes = 50_000_000_000\nmin_free_bytes = 5\n").configuration().store());
    assertEquals(
        new Quota(Long.MAX_VALUE, 0),
        read("[store]\nmin_free_bytes = 0\n").configuration().store());
  }

  @Test
  void theTransportCanBeChosen() throws Exception {
    assertEquals(TransportChoice.AUTO, Configuration.defaults().fuse().transport());
    assertEquals(
        TransportChoice.JNR,
        read("[fuse]\ntransport = \"jnr\"").configuration().fuse().transport());
    assertEquals(
        TransportChoice.KERNEL,
        read("[fuse]\ntransport = \"kernel\"").configuration().fuse().transport());
  }

  @Test
  void passthroughIsOffUnlessItIsSaid() throws Exception {
    assertEquals(PassthroughChoice.OFF, Configuration.defaults().fuse().passthrough());
    assertEquals(
        new Configuration.Fuse(
            TransportChoice.AUTO,
            PassthroughChoice.AUTO,
            new Configuration.Excepted(List.of("*/docker:*", "a/b"), List.of("moby")),
            BareXattrs.REFUSED),
        read("""
        [fuse]
        passthrough = "auto"
        no_passthrough_images = ["*/docker:*", "a/b"]
        no_passthrough_namespaces = ["moby"]
        no_xattr_requests = true
        """)
            .configuration()
            .fuse());
  }

  @Test
  void verificationThatIsOffIsOff() throws Exception {
    assertEquals(
        Verification.DISABLED, read("disable_verification = true").configuration().verification());
  }

  @Test
  void theBackgroundFetchCanBeDelayed() throws Exception {
    assertEquals(
        Optional.of(LazyOptions.Background.after(Duration.ofSeconds(90))),
        read("[background]\ndelay_sec = 90").configuration().fetch().background());
  }

  @Test
  void theBackgroundFetchCanBeHeldToARate() throws Exception {
    assertEquals(
        Optional.of(
            new LazyOptions.Background(
                Duration.ZERO, 5_000_000, LazyOptions.Background.WhenBusy.BACK_OFF)),
        read("[background]\ndelay_sec = 0\nmax_bytes_per_sec = 5_000_000")
            .configuration()
            .fetch()
            .background());
  }

  @Test
  void theBackgroundFetchCanBeToldToTakeNoNoticeOfOthers() throws Exception {
    assertEquals(
        Optional.of(LazyOptions.Background.WhenBusy.GO_ON),
        read("[background]\nback_off_when_busy = false")
            .configuration()
            .fetch()
            .background()
            .map(LazyOptions.Background::whenBusy));
  }

  @Test
  void layersWithoutLandmarkCanBePrefetchedForSomeBytes() throws Exception {
    assertEquals(
        10_000_000, read("prefetch_size = 10_000_000").configuration().fetch().prefetchSize());
  }

  @Test
  void whatIsReadNeedNotBeRemembered() throws Exception {
    assertEquals(true, Configuration.defaults().fetch().learn());
    assertEquals(false, read("learn_reads = false").configuration().fetch().learn());
  }

  @Test
  void credentialsCanBeLearntFromAKubelet() throws Exception {
    assertEquals(
        Optional.of(
            new Keychains.Cri(Path.of("/run/containerd/containerd.sock"), Optional.empty())),
        read("[cri_keychain]\nenable_keychain = true\nimage_service_path = \"\"")
            .configuration()
            .keychains()
            .cri());
    assertEquals(
        Optional.of(new Keychains.Cri(Path.of("/a.sock"), Optional.of(Path.of("/b.sock")))),
        read("""
        [cri_keychain]
        enable_keychain = true
        image_service_path = "unix:///a.sock"
        listen_path = "/b.sock"
        """)
            .configuration()
            .keychains()
            .cri());
  }

  @Test
  void aKubeletsProvidersAndAClustersSecretsCanBeUsed() throws Exception {
    assertEquals(
        new Keychains(
            Optional.empty(),
            Optional.of(new Keychains.Plugins(Path.of("/a.yaml"), Path.of("/bin"))),
            Optional.of(new Keychains.Cluster(Optional.of(Path.of("/k"))))),
        read("""
        [kubelet_credential_providers]
        config_path = "/a.yaml"
        bin_dir = "/bin"
        [kubeconfig_keychain]
        enable_keychain = true
        kubeconfig_path = "/k"
        """)
            .configuration()
            .keychains());
  }

  @Test
  void keysThatOnlyThePeerFollowsAreNamed() throws Exception {
    assertEquals(
        List.of("ipfs", "fuse.attr_timeout", "blob.max_retries", MIRROR + "header.X"),
        read("""
        ipfs = true
        [fuse]
        attr_timeout = 1
        [blob]
        max_retries = 5
        [[resolver.host."a.b".mirrors]]
        host = "c.d"
        [resolver.host."a.b".mirrors.header]
        X = "y"
        """)
            .ineffective());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "noprefetch = \"yes\" | 1: noprefetch must be true or false",
        "# one\\n\\nprefetch_timeout_sec = \"x\" | 3: prefetch_timeout_sec must be a whole number",
        "prefetch_timeout_sec = -1 | 1: prefetch_timeout_sec must be 0 or more",
        "[background]\\n\\n delay_sec = 1.5 | 3: background.delay_sec must be a whole number",
        "metrics_address = 1 | 1: metrics_address must be a string",
        "[fuse]\\ntransport = \"fast\" | 2: fuse.transport must be auto, kernel or jnr",
        "[fuse]\\npassthrough = \"maybe\" | 2: fuse.passthrough must be off, auto or on",
        "[fuse]\\nno_passthrough_images = [1] | 2: fuse.no_passthrough_images must be an array",
        "resolver = 1 | 1: resolver must be a table",
        "[resolver.host.\"a.b\"]\\nmirrors = 1 | 2: resolver.host.a.b.mirrors must be an array",
        "[[resolver.host.\"a.b\".mirrors]]\\nhost = \"x\"\\n[[resolver.host.\"a.b\".mirrors]]\\n"
            + "host = \"x/y\" | 4: resolver.host.a.b.mirrors[1].host must be a host name",
        "[cri_keychain]\\nlisten_path = \"x\" | 2: cri_keychain.listen_path must be an absolute",
        "[kubelet_credential_providers]\\nbin_dir = \"/x\" | "
            + "1: kubelet_credential_providers.config_path must be given as well",
        "a = 1 | 1: a is no key that is known here",
        "noprefetch = true\\n[read]\\ntimeout = 1 | 3: read.timeout is no key that is known here",
        "[blobs]\\nmax = 1 | 2: blobs.max is no key that is known here",
        "[blob]\\nmax_size = 1 | 2: blob.max_size is no key that is known here",
        "noprefetch = | 1: ",
        "a = 1\\nb = [ | 2: ",
      })
  void whatCannotBeFollowedIsToldWithItsLine(String toml, String message) {
    MalformedConfigurationException e =
        assertThrows(MalformedConfigurationException.class, () -> read(toml.replace("\\n", "\n")));
    String start = folder.resolve("config.toml") + ":" + message.stripTrailing();
    String actual = String.valueOf(e.getMessage());
    assertEquals(start, actual.substring(0, Math.min(start.length(), actual.length())));
    assertEquals(1, actual.lines().count());
  }
}
