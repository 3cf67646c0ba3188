package io.loadstar.registry.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.credentials.Credentials;
import io.loadstar.credentials.PullSecrets;
import io.loadstar.registry.fake.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SecretWatchTest {

  private static final String TYPE = "kubernetes.io/dockerconfigjson";
  private static final Credentials NOBODY = new Credentials.Anonymous();
  private static final Duration SOON = Duration.ofMillis(20);

  @TempDir Path folder;

  private TestCluster cluster;
  private final PullSecrets secrets = new PullSecrets();

  @BeforeEach
  void start() throws IOException {
    cluster = new TestCluster();
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private static String config(String registry, String password) {
    return "{\"auths\":{\"%s\":{\"username\":\"u\",\"password\":\"%s\"}}}"
        .formatted(registry, password);
  }

  private static Credentials login(String password) {
    return new Credentials.UsernamePassword("u", password);
  }

  private SecretWatch watch(String user) throws IOException {
    String authority =
        Base64.getEncoder().encodeToString(Files.readAllBytes(TestAuthority.rootFile()));
    Path file =
        Files.writeString(
            folder.resolve("kubeconfig"),
            """
            apiVersion: v1
            kind: Config
            current-context: here
            contexts:
            - name: elsewhere
              context: {cluster: none, user: none}
            - name: here
              context: {cluster: c, user: u}
            clusters:
            - name: c
              cluster:
                server: %s
                certificate-authority-data: %s
            users:
            - name: u
              user: %s
            """
                .formatted(cluster.url(), authority, user));
    return SecretWatch.start(new ClusterAccess(Optional.of(file), Map.of()), secrets, SOON);
  }

  private void await(Credentials expected, String host, String repository) throws IOException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!secrets.find(host, repository).equals(expected) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(SOON.toNanos());
    }
    assertEquals(expected, secrets.find(host, repository));
  }

  @Test
  void allSecretsForRegistriesAreKnownAndFollowed() throws Exception {
    for (int i = 0; i < 5; i++) {
      cluster.put("s" + i, TYPE, config("r" + i + ".io", "p" + i));
    }
    cluster.put("other", "Opaque", config("r.io", "p"));
    try (SecretWatch _ = watch("{token: " + TestCluster.TOKEN + "}")) {
      for (int i = 0; i < 5; i++) {
        await(login("p" + i), "r" + i + ".io", "a");
      }
      assertEquals(NOBODY, secrets.find("r.io", "a"));
      cluster.put("s0", TYPE, config("r0.io", "new"));
      await(login("new"), "r0.io", "a");
      cluster.put("s9", TYPE, config("r9.io/team", "p9"));
      await(login("p9"), "r9.io", "team/app");
      assertEquals(NOBODY, secrets.find("r9.io", "other"));
      cluster.delete("s1");
      await(NOBODY, "r1.io", "a");
    }
    assertTrue(
        cluster.requests().getFirst().startsWith("fieldSelector=type=" + TYPE + "&limit="),
        () -> cluster.requests().toString());
  }

  @Test
  void aWatchThatEndsIsBegunAgainWhereItWas() throws Exception {
    cluster.put("s", TYPE, config("r.io", "one"));
    try (SecretWatch _ = watch("{token: " + TestCluster.TOKEN + "}")) {
      await(login("one"), "r.io", "a");
      for (int i = 0; i < 3; i++) {
        cluster.hangUp();
        cluster.put("s", TYPE, config("r.io", "two" + i));
        await(login("two" + i), "r.io", "a");
      }
    }
  }

  @Test
  void whatHasChangedBeyondMemoryIsListedAnew() throws Exception {
    cluster.put("s", TYPE, config("r.io", "one"));
    cluster.put("t", TYPE, config("t.io", "t"));
    try (SecretWatch _ = watch("{token: " + TestCluster.TOKEN + "}")) {
      await(login("t"), "t.io", "a");
      cluster.put("s", TYPE, config("r.io", "two"));
      cluster.delete("t");
      cluster.forgetThePast();
      cluster.hangUp();
      await(login("two"), "r.io", "a");
      await(NOBODY, "t.io", "a");
    }
  }

  @Test
  void aClientCertificateDoesAsWell() throws Exception {
    TestAuthority.writeClient(folder);
    cluster.put("s", TYPE, config("r.io", "p"));
    try (SecretWatch _ = watch("{client-certificate: client.cert, client-key: client.key}")) {
      await(login("p"), "r.io", "a");
    }
  }

  @Test
  void aTokenThatIsReplacedIsReadAgain() throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "wrong\n");
    cluster.put("s", TYPE, config("r.io", "p"));
    try (SecretWatch _ = watch("{tokenFile: token}")) {
      assertEquals(NOBODY, secrets.find("r.io", "a"), "who is turned away doesn't keep others");
      Files.writeString(token, TestCluster.TOKEN + "\n");
      await(login("p"), "r.io", "a");
    }
  }

  @Test
  void aServerOfAnotherAuthorityIsToldNothing() throws Exception {
    cluster.put("s", TYPE, config("r.io", "p"));
    try (SecretWatch _ = watch("{token: " + TestCluster.TOKEN + "}")) {
      await(login("p"), "r.io", "a");
    }
    int before = cluster.requests().size();
    Path file = folder.resolve("kubeconfig");
    Files.writeString(
        file,
        Files.readString(file)
            .replaceAll("certificate-authority-data: .*", "insecure-skip-tls-verify: false"));
    PullSecrets none = new PullSecrets();
    try (SecretWatch _ =
        SecretWatch.start(new ClusterAccess(Optional.of(file), Map.of()), none, SOON)) {
      assertEquals(NOBODY, none.find("r.io", "a"));
    }
    assertEquals(before, cluster.requests().size());
  }

  @Test
  void secretsThatCannotBeReadAreLeftOut() throws Exception {
    cluster.put("a", TYPE, "not json");
    cluster.put("b", TYPE, "{\"auths\":{\"r.io\":{\"auth\":\"!\"}}}");
    cluster.put("c", TYPE, "{\"auths\":[]}");
    cluster.put("d", TYPE, "{\"auths\":{\"/\":{\"username\":\"u\"}}}");
    cluster.put("e", TYPE, "{\"auths\":{\"r.io\":{\"auth\":\"dTpw\"}}}");
    try (SecretWatch _ = watch("{token: " + TestCluster.TOKEN + "}")) {
      await(login("p"), "r.io", "a");
    }
  }

  @Test
  void theMostParticularSecretCountsFirst() throws Exception {
    cluster.put("a", TYPE, config("r.io", "all"));
    cluster.put("b", TYPE, config("https://r.io/team/app", "app"));
    cluster.put("c", TYPE, config("*.io/team", "team"));
    cluster.put("d", TYPE, config("r.io", "all"));
    try (SecretWatch _ = watch("{token: " + TestCluster.TOKEN + "}")) {
      await(login("app"), "r.io", "team/app");
      assertEquals(
          List.of(login("app"), login("team"), login("all")), secrets.all("r.io", "team/app"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "current-context: x | contexts has nothing that is called \"x\"",
        "a: [ | not YAML",
        "GOOD server: http://127.0.0.1}}] | server must be a URL with https",
        "GOOD server: 'https://h', proxy-url: x}}] | proxy-url isn't followed here",
        "GOOD server: 'https://h', certificate-authority-data: '!'}}] | isn't base64",
      })
  void aFileThatCannotBeFollowedIsToldWithTheReason(String yaml, String reason) throws Exception {
    String good =
        """
        current-context: x
        contexts: [{name: x, context: {cluster: c, user: u}}]
        users: [{name: u, user: {}}]
        clusters: [{name: c, cluster: {\
        """;
    Path file = Files.writeString(folder.resolve("kubeconfig"), yaml.replace("GOOD", good));
    IOException e =
        assertThrows(
            IOException.class, () -> new ClusterAccess(Optional.of(file), Map.of()).read());
    assertTrue(String.valueOf(e.getMessage()).contains(reason), e.getMessage());
  }

  @Test
  void aLoginThatNeedsAProgramIsRefusedWithoutItsSecrets() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("kubeconfig"),
            """
            current-context: x
            contexts: [{name: x, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "https://h"}}]
            users: [{name: u, user: {token: hidden, exec: {command: aws}}}]
            """);
    IOException e =
        assertThrows(
            IOException.class, () -> new ClusterAccess(Optional.of(file), Map.of()).read());
    assertTrue(String.valueOf(e.getMessage()).contains("exec isn't followed"), e.getMessage());
    assertFalse(e.toString().contains("hidden"));
  }

  @Test
  void theFileIsLookedForAsKubernetesClientsDo() throws Exception {
    Path named = folder.resolve("named");
    assertEquals(
        Optional.of(named),
        ClusterAccess.find(Optional.of(named), Map.of("KUBECONFIG", "/x"), folder).kubeconfig());
    assertEquals(
        Optional.of(Path.of("/x")),
        ClusterAccess.find(Optional.empty(), Map.of("KUBECONFIG", "/x:/y"), folder).kubeconfig());
    Map<String, String> pod = Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    assertEquals(Optional.empty(), ClusterAccess.find(Optional.empty(), pod, folder).kubeconfig());
    Path home = Files.createDirectory(folder.resolve(".kube")).resolve("config");
    Files.writeString(home, "");
    assertEquals(Optional.of(home), ClusterAccess.find(Optional.empty(), pod, folder).kubeconfig());
  }

  @Test
  void aPodsServiceAccountLeadsToItsCluster() throws Exception {
    TestAuthority.writeRoot(folder);
    Files.writeString(folder.resolve("token"), "t\n");
    ApiServer server =
        PodAccount.read(
            folder,
            Map.of("KUBERNETES_SERVICE_HOST", "fd00::1", "KUBERNETES_SERVICE_PORT", "6443"));
    assertEquals("https://[fd00::1]:6443/", server.url().toString());
    assertEquals(Optional.of("Bearer t"), server.authorization());
    assertFalse(server.toString().contains("Bearer"));
  }
}
