package io.loadstar.credentials;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** With plugins that are shell scripts: they write down what they are asked. */
final class KubeletPluginsTest {

  private static final Credentials NOBODY = new Credentials.Anonymous();

  @TempDir Path folder;

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-21T00:00:00Z"));

  /** A plugin that answers this. */
  private void plugin(String name, String answer) throws IOException {
    script(
        name,
        "cat >>'"
            + folder
            + "/asked'; echo >>'"
            + folder
            + "/asked'\ncat <<END\n"
            + answer
            + "\nEND\n");
  }

  private void script(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, "#!/bin/sh\n" + text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  private static String answer(String key, String duration, String auth) {
    return """
    {"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1",
     "cacheKeyType":"%s","cacheDuration":%s,"auth":%s}
    """
        .formatted(key, duration, auth);
  }

  private static String login(String image, String password) {
    return "{\"" + image + "\":{\"username\":\"u\",\"password\":\"" + password + "\"}}";
  }

  private static Credentials login(String password) {
    return new Credentials.UsernamePassword("u", password);
  }

  private List<String> asked() throws IOException {
    Path file = folder.resolve("asked");
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  private KubeletPlugins open(String yaml) throws IOException {
    Path config = Files.writeString(folder.resolve("config.yaml"), yaml);
    return KubeletPlugins.open(config, folder, now::get);
  }

  private KubeletPlugins open() throws IOException {
    return open(
        """
        apiVersion: kubelet.config.k8s.io/v1
        kind: CredentialProviderConfig
        providers:
          - name: one
            matchImages: ["*.example.org", r.io]   # a comment
            defaultCacheDuration: "10m"
            apiVersion: credentialprovider.kubelet.k8s.io/v1
            args: [get, "two words"]
            env:
              - name: SECRET_PLACE
                value: here
        """);
  }

  @Test
  void aPluginIsAskedForTheImageThatMatches() throws Exception {
    script(
        "one",
        "echo \"$* $SECRET_PLACE\" >'"
            + folder
            + "/called'; cat >'"
            + folder
            + "/asked'; cat <<END\n"
            + answer("Image", "null", login("r.io", "p"))
            + "\nEND\n");
    KubeletPlugins plugins = open();
    assertEquals(NOBODY, plugins.find("other.io", "team/app"));
    assertEquals(List.of(), asked());
    assertEquals(login("p"), plugins.find("r.io", "team/app"));
    assertEquals("get two words here\n", Files.readString(folder.resolve("called")));
    assertEquals(
        List.of(
            "{\"kind\":\"CredentialProviderRequest\","
                + "\"apiVersion\":\"credentialprovider.kubelet.k8s.io/v1\","
                + "\"image\":\"r.io/team/app\"}"),
        asked());
  }

  @ParameterizedTest
  @CsvSource({"Image, 3", "Registry, 2", "Global, 1"})
  void anAnswerIsKeptForWhatItIsGoodFor(String key, int runs) throws Exception {
    plugin("one", answer(key, "null", "{}"));
    KubeletPlugins plugins = open();
    for (int i = 0; i < 2; i++) {
      assertEquals(NOBODY, plugins.find("r.io", "a"));
      assertEquals(NOBODY, plugins.find("r.io", "b"));
      assertEquals(NOBODY, plugins.find("x.example.org", "a"));
    }
    assertEquals(runs, asked().size());
  }

  @Test
  void anAnswerIsKeptForAsLongAsItSaysOrTheConfigurationDoes() throws Exception {
    for (Map.Entry<String, Duration> kept :
        Map.of("\"1h30m\"", Duration.ofMinutes(90), "null", Duration.ofMinutes(10)).entrySet()) {
      Files.deleteIfExists(folder.resolve("asked"));
      plugin("one", answer("Image", kept.getKey(), login("r.io", "p")));
      KubeletPlugins plugins = open();
      assertEquals(login("p"), plugins.find("r.io", "a"));
      now.set(now.get().plus(kept.getValue()).minusSeconds(1));
      assertEquals(login("p"), plugins.find("r.io", "a"));
      assertEquals(1, asked().size());
      now.set(now.get().plusSeconds(1));
      assertEquals(login("p"), plugins.find("r.io", "a"));
      assertEquals(2, asked().size());
    }
  }

  @Test
  void whatIsNotToBeKeptIsNot() throws Exception {
    plugin("one", answer("Global", "\"0s\"", login("r.io", "p")));
    KubeletPlugins plugins = open();
    assertEquals(login("p"), plugins.find("r.io", "a"));
    assertEquals(login("p"), plugins.find("r.io", "a"));
    assertEquals(2, asked().size());
  }

  @Test
  void whatIsRefusedIsGotAnew() throws Exception {
    plugin("one", answer("Registry", "null", login("r.io", "old")));
    KubeletPlugins plugins = open();
    assertEquals(login("old"), plugins.find("r.io", "a"));
    plugin("one", answer("Registry", "null", login("r.io", "new")));
    assertEquals(login("old"), plugins.find("r.io", "a"));
    assertTrue(plugins.refused("r.io", "a", login("old")));
    assertEquals(login("new"), plugins.find("r.io", "a"));
    assertFalse(plugins.refused("r.io", "a", login("old")));
  }

  @Test
  void theMostParticularOfAllThatFitsCountsFirst() throws Exception {
    plugin(
        "one",
        answer(
            "Registry",
            "null",
            """
            {"r.io":{"username":"u","password":"all"}, "r.io/team":{"username":"u","password":"team"},
             "r.io/other":{"username":"u","password":"other"}}\
            """));
    assertEquals(List.of(login("team"), login("all")), open().all("r.io", "team/app"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exit 3",
        "echo 'hidden, but no JSON'",
        "echo '{\"kind\":\"Secret\",\"password\":\"hidden\"}'",
        "head -c 2000000 /dev/zero",
      })
  void aPluginThatFailsIsNamedWithoutWhatItSaid(String script) throws Exception {
    script("one", "cat >/dev/null\n" + script);
    KubeletPlugins plugins = open();
    CredentialException e =
        assertThrows(CredentialException.class, () -> plugins.find("r.io", "a"));
    assertTrue(String.valueOf(e.getMessage()).contains("one"), e.getMessage());
    assertFalse((e + String.valueOf(e.getCause())).contains("hidden"));
  }

  @Test
  void aPluginThatHangsIsEndedWithWhatItStarted() throws Exception {
    script("one", "sleep 1000 & echo $! >'" + folder + "/pid'; sleep 1000");
    AskedProgram program =
        new AskedProgram(
            List.of(folder.resolve("one").toString()), System.getenv(), Duration.ofSeconds(2));
    assertThrows(CredentialException.class, () -> program.ask(new byte[0]));
    long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
    ProcessHandle.of(pid)
        .ifPresent(
            child -> child.onExit().orTimeout(20, java.util.concurrent.TimeUnit.SECONDS).join());
  }

  @Test
  void severalPluginsAreAskedInTheirOrder() throws Exception {
    script("bad", "exit 1");
    plugin("first", answer("Image", "null", login("r.io", "1")));
    plugin("second", answer("Image", "null", login("r.io", "2")));
    StringBuilder yaml =
        new StringBuilder(
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: CredentialProviderConfig\nproviders:\n");
    for (String name : List.of("bad", "first", "second")) {
      yaml.append(
          """
          - name: %s
            matchImages: [r.io]
            defaultCacheDuration: 1m
            apiVersion: credentialprovider.kubelet.k8s.io/v1
          """
              .formatted(name));
    }
    assertEquals(List.of(login("1"), login("2")), open(yaml.toString()).all("r.io", "a"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kind: Pod | is no CredentialProviderConfig",
        "a: [ | : not YAML",
        "HEAD providers: [] | names no providers",
        "HEAD providers: [{name: ../x}] | has no usable name",
        "HEAD providers: [{name: gone}] | isn't a program that can be run",
        "HEAD providers: [{name: one}] | matches no images",
        "HEAD providers: [{name: one, matchImages: [r.io]}] | no length of time",
        "HEAD providers: [{name: one, matchImages: [r.io], defaultCacheDuration: 1m}] | apiVersion",
      })
  void aFileThatCannotBeFollowedIsToldWithTheReason(String yaml, String reason) throws Exception {
    script("one", "");
    String head = "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\n";
    CredentialException e =
        assertThrows(CredentialException.class, () -> open(yaml.replace("HEAD ", head) + "\n"));
    String told = String.valueOf(e.getMessage());
    assertTrue(told.contains(reason) && told.contains("config.yaml"), told);
  }
}
