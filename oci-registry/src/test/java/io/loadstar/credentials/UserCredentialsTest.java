package io.loadstar.credentials;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where logins are found, and whose they are. */
final class UserCredentialsTest {

  private static final Credentials NOBODY = new Credentials.Anonymous();

  @TempDir Path home;

  @Test
  void dockersFileComesBeforePodmans() throws IOException {
    write(".docker/config.json", "r.example", "docker");
    write(".config/containers/auth.json", "r.example", "podman");
    write(".config/containers/auth.json.2", "x", "x");
    CredentialSource found = UserCredentials.of(Map.of(), home);
    assertEquals(login("docker"), found.find("r.example"));
    Files.delete(home.resolve(".docker/config.json"));
    assertEquals(login("podman"), found.find("r.example"));
  }

  @Test
  void variablesNameTheFiles() throws IOException {
    write("elsewhere/config.json", "a.example", "a");
    write("run/containers/auth.json", "b.example", "b");
    write("config/containers/auth.json", "c.example", "c");
    CredentialSource found =
        UserCredentials.of(
            Map.of(
                "DOCKER_CONFIG", home.resolve("elsewhere").toString(),
                "XDG_RUNTIME_DIR", home.resolve("run").toString(),
                "XDG_CONFIG_HOME", home.resolve("config").toString()),
            home);
    for (String name : new String[] {"a", "b", "c"}) {
      assertEquals(login(name), found.find(name + ".example"));
    }
    assertEquals(NOBODY, found.find("d.example"));
    write("own.json", "b.example", "own");
    CredentialSource named =
        UserCredentials.of(
            Map.of(
                "REGISTRY_AUTH_FILE", home.resolve("own.json").toString(),
                "XDG_RUNTIME_DIR", home.resolve("run").toString()),
            home);
    assertEquals(login("own"), named.find("b.example"));
  }

  @Test
  void theMostParticularEntryCounts() throws IOException {
    Path file = home.resolve("auth.json");
    Files.writeString(
        file,
        "{\"auths\":{%s,%s,%s,%s}}"
            .formatted(
                entry("r.example", "all"),
                entry("r.example/team", "team"),
                entry("r.example/team/app", "app"),
                entry("docker.io/library/redis", "redis")));
    CredentialSource found = new DockerConfigCredentials(file);
    assertEquals(login("all"), found.find("r.example"));
    assertEquals(login("all"), found.find("r.example", "other/app"));
    assertEquals(login("all"), found.find("r.example", "teams"));
    assertEquals(login("team"), found.find("r.example", "team/other"));
    assertEquals(login("app"), found.find("r.example", "team/app"));
    assertEquals(login("app"), found.find("r.example", "team/app/deep"));
    assertEquals(login("redis"), found.find("docker.io", "library/redis"));
    assertEquals(NOBODY, found.find("docker.io", "library/alpine"));
    assertEquals(NOBODY, found.find("x.example", "team/app"));
  }

  @Test
  void aFileThatCannotBeReadMattersOnlyIfNoOtherHasAny() throws IOException {
    Files.createDirectories(home.resolve(".docker"));
    Files.writeString(home.resolve(".docker/config.json"), "{ hidden");
    write(".config/containers/auth.json", "r.example", "podman");
    CredentialSource found = UserCredentials.of(Map.of(), home);
    assertEquals(login("podman"), found.find("r.example"));
    CredentialException e =
        assertThrows(CredentialException.class, () -> found.find("other.example"));
    assertFalse(e.toString().contains("hidden"));
  }

  private static Credentials login(String name) {
    return new Credentials.UsernamePassword(name, "password of " + name);
  }

  private static String entry(String key, String name) {
    String pair = name + ":password of " + name;
    return "\"%s\":{\"auth\":\"%s\"}"
        .formatted(key, Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
  }

  private void write(String file, String host, String name) throws IOException {
    Path path = home.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, "{\"auths\":{" + entry(host, name) + "}}");
  }
}
