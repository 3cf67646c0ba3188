package io.loadstar.registry;

import io.loadstar.credentials.CredentialSource;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.TestAuthority;
import io.loadstar.registry.hosts.RegistryHosts;
import io.loadstar.registry.proxy.ProxyRules;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** An access that counts, remembers its pauses instead of making them, and tries three times. */
final class TestAccess {

  /** Never reached but by what hangs: a busy machine isn't mistaken for a silent server. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  final List<Duration> pauses = new CopyOnWriteArrayList<>();
  final CountedTraffic traffic = new CountedTraffic();

  private final FakeRegistry.Wire wire;

  TestAccess() {
    this(FakeRegistry.Wire.HTTP_1);
  }

  /** One that trusts {@link TestAuthority}, to speak with fakes of this kind. */
  TestAccess(FakeRegistry.Wire wire) {
    this.wire = wire;
  }

  RegistryAccess access() {
    RetryPolicy twice =
        new RetryPolicy(2, Duration.ofMillis(1), Duration.ofSeconds(20), pauses::add);
    boolean plain = wire == FakeRegistry.Wire.HTTP_1;
    return new RegistryAccess(
        plain ? PlainHttp.loopbackOnly() : host -> false,
        RegistryHosts.themselves(),
        CredentialSource.anonymous(),
        new Network(
            new Timeouts(LIMIT, LIMIT, LIMIT, LIMIT),
            ProxyRules.direct(),
            RedirectRule.ANYWHERE,
            plain ? Map.of() : Map.of("SSL_CERT_FILE", TestAuthority.rootFile().toString())),
        twice,
        twice,
        traffic);
  }
}
