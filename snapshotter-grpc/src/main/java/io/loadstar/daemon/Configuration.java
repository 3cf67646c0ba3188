package io.loadstar.daemon;

import io.loadstar.cache.Quota;
import io.loadstar.lazy.LazyOptions;
import io.loadstar.lazy.LazyOptions.Background.WhenBusy;
import io.loadstar.registry.Mirror;
import io.loadstar.registry.RedirectRule;
import io.loadstar.registry.hosts.ContainerdHosts;
import io.loadstar.remote.Verification;
import io.loadstar.unpack.UnpackBounds;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the configuration file says. Immutable. Keys have the peer's names where they mean the same;
 * {@code deploy/config.toml} explains each.
 *
 * @param metricsAddress {@code host:port} for metrics and health, empty for none
 * @param verification what is asked of a layer's TOC
 * @param fetch how layers are fetched
 * @param resolver how registries are found
 * @param store how much of the disk the content store may take
 * @param fuse how file system requests reach the daemon
 * @param keychains where credentials are, beside docker's configuration
 * @param pulls what is done for {@code loadstar pull}
 */
record Configuration(
    String metricsAddress,
    Verification verification,
    Fetch fetch,
    Resolver resolver,
    Quota store,
    Fuse fuse,
    Keychains keychains,
    Pulls pulls) {

  private static final Duration DEFAULT_BACKGROUND_DELAY = Duration.ofSeconds(1);
  private static final Duration DEFAULT_READ_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration DEFAULT_PREFETCH_TIMEOUT = Duration.ofSeconds(10);

  /** The peer gives up after 30 s, which sends large layers on slow lines to a full pull. */
  private static final Duration DEFAULT_RESOLVE_TIMEOUT = Duration.ofSeconds(60);

  /** A registry that is restarted is back; one that is down was down for the manifest, too. */
  private static final Duration DEFAULT_RETRY_LIMIT = Duration.ofSeconds(20);

  private static final Duration DEFAULT_REQUEST_TIMEOUT = Duration.ofSeconds(30);

  /** No bound of its own, but a node whose disk is full is a node that fails. */
  private static final Quota DEFAULT_STORE = new Quota(Long.MAX_VALUE, 1L << 30);

  private static final UnpackBounds DEFAULT_UNPACKING =
      new UnpackBounds(32L << 30, DEFAULT_STORE.minFreeBytes(), Duration.ofMinutes(30));

  private static final Pulls DEFAULT_PULLS = new Pulls(true, 8);

  /** Each has threads, connections and a few megabytes. */
  private static final int MOST_PULLS = 1000;

  private static final Fuse DEFAULT_FUSE =
      new Fuse(
          TransportChoice.AUTO,
          PassthroughChoice.OFF,
          new Excepted(List.of(), List.of()),
          BareXattrs.ANSWERED);

  /**
   * @param prefetch whether what a layer's landmark marks is fetched at mount
   * @param prefetchTimeout how long the first use of a layer waits for that
   * @param prefetchSize how many bytes of a layer without landmark are fetched then
   * @param learn whether what a start reads is remembered, to be fetched at the next mount
   * @param background how the rest is fetched; empty for never
   * @param readTimeout how long a read waits before it fails
   */
  record Fetch(
      boolean prefetch,
      Duration prefetchTimeout,
      long prefetchSize,
      boolean learn,
      Optional<LazyOptions.Background> background,
      Duration readTimeout) {}

  /**
   * @param layerTimeout how long is tried to open a layer before it becomes an ordinary one
   * @param retryLimit how long that is tried again if its registry fails for the moment
   * @param requestTimeout how long a registry may take to begin an answer
   * @param mirrors by registry
   * @param configPath containerd's directories of hosts, separated by colons; for registries
   *     without {@code mirrors}
   * @param redirects where a registry may send us
   * @param unpacking what an ordinary layer may cost that is unpacked here; empty if none is
   */
  record Resolver(
      Duration layerTimeout,
      Duration retryLimit,
      Duration requestTimeout,
      Map<String, List<Mirror>> mirrors,
      String configPath,
      RedirectRule redirects,
      Optional<UnpackBounds> unpacking) {

    private Resolver withHostsOf(Resolver other) {
      return new Resolver(
          layerTimeout,
          retryLimit,
          requestTimeout,
          other.mirrors,
          other.configPath,
          redirects,
          unpacking);
    }
  }

  /**
   * @param transport which one
   * @param passthrough whether the kernel reads whole files itself
   * @param except of which layers it never does
   * @param bareXattrs what becomes of requests for extended attributes where there are none
   */
  record Fuse(
      TransportChoice transport,
      PassthroughChoice passthrough,
      Excepted except,
      BareXattrs bareXattrs) {}

  /**
   * What the kernel never reads itself: patterns in which {@code *} stands for anything.
   *
   * @param images references
   * @param namespaces containerd's
   */
  record Excepted(List<String> images, List<String> namespaces) {}

  /**
   * @param served whether orders for pulls are taken
   * @param atOnce how many pulls are done at once; who orders one more does it himself
   */
  record Pulls(boolean served, int atOnce) {}

  /**
   * A file that was read.
   *
   * @param configuration what it says
   * @param ineffective its keys that only mean something to the peer
   */
  record Read(Configuration configuration, List<String> ineffective) {}

  /** What holds without a file. */
  static Configuration defaults() {
    return new Configuration(
        "",
        Verification.REQUIRED,
        new Fetch(
            true,
            DEFAULT_PREFETCH_TIMEOUT,
            0,
            true,
            Optional.of(LazyOptions.Background.after(DEFAULT_BACKGROUND_DELAY)),
            DEFAULT_READ_TIMEOUT),
        new Resolver(
            DEFAULT_RESOLVE_TIMEOUT,
            DEFAULT_RETRY_LIMIT,
            DEFAULT_REQUEST_TIMEOUT,
            Map.of(),
            ContainerdHosts.USUAL_PATH,
            RedirectRule.NO_PUBLIC_TO_PRIVATE,
            Optional.of(DEFAULT_UNPACKING)),
        DEFAULT_STORE,
        DEFAULT_FUSE,
        Keychains.NONE,
        DEFAULT_PULLS);
  }

  /**
   * Reads {@code file}.
   *
   * @throws MalformedConfigurationException if it has a key that means nothing here nor to the peer
   *     or a value that can't be followed; with the line
   * @throws IOException if it can't be read
   */
  static Read read(Path file) throws IOException {
    TomlTable toml = TomlTable.read(file);
    Configuration configuration = of(toml);
    List<String> ineffective = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    for (TomlTable.Unknown key : toml.unknown()) {
      if (PeerKeys.contains(key.path())) {
        ineffective.add(key.path());
      } else {
        unknown.add(file + ":" + key.line() + ": " + key.path() + " is no key that is known here");
      }
    }
    if (!unknown.isEmpty()) {
      throw new MalformedConfigurationException(String.join("; ", unknown));
    }
    return new Read(configuration, ineffective);
  }

  /**
   * What a document says, whatever else is in it.
   *
   * @throws MalformedConfigurationException if a value can't be followed, with the line
   */
  static Configuration of(TomlTable toml) throws MalformedConfigurationException {
    return new Configuration(
        toml.text("metrics_address", ""),
        verification(toml),
        fetch(toml),
        resolver(toml),
        store(toml.table("store")),
        fuse(toml.table("fuse")),
        Keychains.of(toml),
        pulls(toml.table("pull")));
  }

  /** This, with the mirrors and the directories of hosts that {@code other} has. */
  Configuration withHostsOf(Configuration other) {
    return new Configuration(
        metricsAddress,
        verification,
        fetch,
        resolver.withHostsOf(other.resolver),
        store,
        fuse,
        keychains,
        pulls);
  }

  private static Verification verification(TomlTable toml) throws MalformedConfigurationException {
    boolean disabled = toml.flag("disable_verification", false);
    boolean optional = toml.flag("allow_no_verification", false);
    if (disabled) {
      return Verification.DISABLED;
    }
    return optional ? Verification.WHERE_PROMISED : Verification.REQUIRED;
  }

  private static Fetch fetch(TomlTable toml) throws MalformedConfigurationException {
    TomlTable background = toml.table("background");
    Duration delay = seconds(background, "delay_sec", 0, DEFAULT_BACKGROUND_DELAY);
    long most = background.number("max_bytes_per_sec", 0, 0);
    long rate = most == 0 ? Long.MAX_VALUE : most;
    boolean yields = background.flag("back_off_when_busy", true);
    WhenBusy whenBusy = yields ? WhenBusy.BACK_OFF : WhenBusy.GO_ON;
    boolean never = toml.flag("no_background_fetch", false);
    return new Fetch(
        !toml.flag("noprefetch", false),
        seconds(toml, "prefetch_timeout_sec", 0, DEFAULT_PREFETCH_TIMEOUT),
        toml.number("prefetch_size", 0, 0),
        toml.flag("learn_reads", true),
        never ? Optional.empty() : Optional.of(new LazyOptions.Background(delay, rate, whenBusy)),
        seconds(toml.table("read"), "timeout_sec", 1, DEFAULT_READ_TIMEOUT));
  }

  private static Quota store(TomlTable store) throws MalformedConfigurationException {
    long most = store.number("max_bytes", 0, 0);
    long floor = store.number("min_free_bytes", 0, DEFAULT_STORE.minFreeBytes());
    return new Quota(most == 0 ? Long.MAX_VALUE : most, floor);
  }

  private static Fuse fuse(TomlTable fuse) throws MalformedConfigurationException {
    return new Fuse(
        transport(fuse),
        passthrough(fuse),
        new Excepted(fuse.texts("no_passthrough_images"), fuse.texts("no_passthrough_namespaces")),
        fuse.flag("no_xattr_requests", false) ? BareXattrs.REFUSED : BareXattrs.ANSWERED);
  }

  private static Pulls pulls(TomlTable pull) throws MalformedConfigurationException {
    long atOnce = pull.number("max_at_once", 1, DEFAULT_PULLS.atOnce());
    return new Pulls(
        pull.flag("serve", DEFAULT_PULLS.served()), (int) Math.min(atOnce, MOST_PULLS));
  }

  private static PassthroughChoice passthrough(TomlTable fuse)
      throws MalformedConfigurationException {
    if (fuse.hasFlag("passthrough")) {
      return PassthroughChoice.ofFlag(fuse.flag("passthrough", false));
    }
    String name = fuse.text("passthrough", PassthroughChoice.OFF.text());
    PassthroughChoice choice = PassthroughChoice.named(name);
    if (choice == null) {
      throw fuse.malformed("passthrough", "must be off, auto or on, not " + name);
    }
    return choice;
  }

  private static TransportChoice transport(TomlTable fuse) throws MalformedConfigurationException {
    String name = fuse.text("transport", "auto");
    TransportChoice choice = TransportChoice.named(name);
    if (choice == null) {
      throw fuse.malformed("transport", "must be auto, kernel or jnr, not " + name);
    }
    return choice;
  }

  private static Resolver resolver(TomlTable toml) throws MalformedConfigurationException {
    TomlTable resolver = toml.table("resolver");
    TomlTable hosts = resolver.table("host");
    Map<String, List<Mirror>> mirrors = new HashMap<>();
    for (String host : hosts.keys()) {
      mirrors.put(host, mirrors(hosts.table(host)));
    }
    return new Resolver(
        seconds(resolver, "layer_timeout_sec", 1, DEFAULT_RESOLVE_TIMEOUT),
        seconds(resolver, "retry_sec", 0, DEFAULT_RETRY_LIMIT),
        seconds(resolver, "request_timeout_sec", 0, DEFAULT_REQUEST_TIMEOUT),
        Map.copyOf(mirrors),
        resolver.text("config_path", ContainerdHosts.USUAL_PATH),
        resolver.flag("allow_private_redirects", false)
            ? RedirectRule.ANYWHERE
            : RedirectRule.NO_PUBLIC_TO_PRIVATE,
        unpacking(resolver, toml.table("store")));
  }

  private static Optional<UnpackBounds> unpacking(TomlTable resolver, TomlTable store)
      throws MalformedConfigurationException {
    UnpackBounds bounds =
        new UnpackBounds(
            resolver.number("unpack_max_bytes", 1, DEFAULT_UNPACKING.maxBytes()),
            store(store).minFreeBytes(),
            seconds(resolver, "unpack_timeout_sec", 1, DEFAULT_UNPACKING.timeout()));
    return resolver.flag("unpack_ordinary_layers", true) ? Optional.of(bounds) : Optional.empty();
  }

  private static List<Mirror> mirrors(TomlTable host) throws MalformedConfigurationException {
    List<Mirror> mirrors = new ArrayList<>();
    for (TomlTable mirror : host.tables("mirrors")) {
      String name = mirror.text("host", "");
      if (name.isEmpty() || name.contains("/")) {
        throw mirror.malformed("host", "must be a host name, with a port if it has one");
      }
      boolean insecure = mirror.flag("insecure", false);
      mirrors.add(new Mirror(name, insecure ? Mirror.Protection.NONE : Mirror.Protection.TLS));
    }
    return List.copyOf(mirrors);
  }

  /** The peer reads 0 as "the default" where a time of nothing makes no sense. */
  private static Duration seconds(TomlTable table, String key, long least, Duration otherwise)
      throws MalformedConfigurationException {
    long seconds = table.number(key, least, otherwise.toSeconds());
    boolean unset = seconds == 0 && key.equals("request_timeout_sec");
    return unset ? otherwise : Duration.ofSeconds(Math.min(seconds, Integer.MAX_VALUE));
  }
}
