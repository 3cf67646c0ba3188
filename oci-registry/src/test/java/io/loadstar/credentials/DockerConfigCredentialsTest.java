package io.loadstar.credentials;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DockerConfigCredentialsTest {

  private static final Credentials ANONYMOUS = new Credentials.Anonymous();

  @TempDir Path directory;

  @Test
  void withoutAFileEveryoneIsAnonymous() throws IOException {
    assertEquals(
        ANONYMOUS, new DockerConfigCredentials(directory.resolve("none")).find("docker.io"));
  }

  @Test
  void loginsAreFoundByHost() throws IOException {
    String auth = Base64.getEncoder().encodeToString("me:se:cret".getBytes(UTF_8));
    CredentialSource source =
        config(
            """
            {"auths":{"https://index.docker.io/v1/":{"auth":"%1$s"},
                      "127.0.0.1:5000":{"auth":"%1$s"},
                      "https://old.example/v1/":{"username":"u","password":"p"},
                      "token.example":{"identitytoken":"t"},
                      "empty.example":{}}}
            """
                .formatted(auth));
    Credentials me = new Credentials.UsernamePassword("me", "se:cret");
    assertEquals(me, source.find("docker.io"));
    assertEquals(me, source.find("127.0.0.1:5000"));
    assertEquals(ANONYMOUS, source.find("127.0.0.1:5001"));
    assertEquals(new Credentials.UsernamePassword("u", "p"), source.find("old.example"));
    assertEquals(new Credentials.IdentityToken("t"), source.find("token.example"));
    assertEquals(ANONYMOUS, source.find("empty.example"));
  }

  @Test
  void aLaterLoginIsSeen() throws IOException {
    CredentialSource source = config("{}");
    assertEquals(ANONYMOUS, source.find("a.example"));
    config("{\"auths\":{\"a.example\":{\"username\":\"u\",\"password\":\"p\"}}}");
    assertEquals(new Credentials.UsernamePassword("u", "p"), source.find("a.example"));
  }

  @Test
  void noSecretIsInAnyText() throws IOException {
    assertFalse(new Credentials.UsernamePassword("u", "hidden").toString().contains("hidden"));
    assertFalse(new Credentials.IdentityToken("hidden").toString().contains("hidden"));
    assertFalse(new Credentials.RegistryToken("hidden").toString().contains("hidden"));
    CredentialSource broken = config("{\"auths\":{\"a.example\":{\"auth\":\"hidden\" hidden");
    CredentialException e = assertThrows(CredentialException.class, () -> broken.find("a.example"));
    assertFalse((e + String.valueOf(e.getCause())).contains("hidden"));
  }

  @Test
  void anEntryThatIsNoLoginIsAnErrorThatNamesTheFile() throws IOException {
    CredentialSource source = config("{\"auths\":{\"a.example\":{\"auth\":\"!!!\"}}}");
    CredentialException e = assertThrows(CredentialException.class, () -> source.find("a.example"));
    assertEquals(true, String.valueOf(e.getMessage()).contains("config.json"));
  }

  @Test
  void aMissingHelperIsNamed() throws IOException {
    CredentialSource source = config("{\"credsStore\":\"loadstar-test-none\"}");
    CredentialException e = assertThrows(CredentialException.class, () -> source.find("a.example"));
    assertEquals(
        true, String.valueOf(e.getMessage()).contains("docker-credential-loadstar-test-none"));
  }

  @Test
  void aHelperNameCanNotLeadElsewhere() throws IOException {
    CredentialSource source = config("{\"credHelpers\":{\"a.example\":\"../../bin/sh\"}}");
    assertThrows(CredentialException.class, () -> source.find("a.example"));
  }

  @Test
  void aHelperIsAskedForTheServer() throws IOException {
    CredentialHelper helper =
        helper(
            """
            [ "$1" = get ] || exit 9
            read -r server
            printf '{"ServerURL":"%s","Username":"u-%s","Secret":"s"}' "$server" "$server"
            """);
    assertEquals(new Credentials.UsernamePassword("u-a.example", "s"), helper.get("a.example\n"));
  }

  @Test
  void aHelpersTokenIsAnIdentityToken() throws IOException {
    CredentialHelper helper =
        helper("cat >/dev/null; printf '{\"Username\":\"<token>\",\"Secret\":\"s\"}'");
    assertEquals(new Credentials.IdentityToken("s"), helper.get("a.example"));
  }

  @Test
  void aHelperThatHasNothingMeansAnonymous() throws IOException {
    assertEquals(
        ANONYMOUS,
        helper("echo 'credentials not found in native keychain'; exit 1").get("a.example"));
  }

  @Test
  void aHelperThatFailsIsAnError() throws IOException {
    CredentialHelper helper = helper("echo boom; exit 3");
    assertThrows(CredentialException.class, () -> helper.get("a.example"));
  }

  @Test
  void aHelperIsLookedForInTheUsersPathAndRunWithTheUsersEnvironment() throws IOException {
    Path programs = Files.createDirectory(directory.resolve("programs"));
    Path program = programs.resolve("docker-credential-own");
    Files.writeString(
        program,
        "#!/bin/sh\necho \"{\\\"Username\\\": \\\"$WHO\\\", \\\"Secret\\\": \\\"s\\\"}\"\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    Files.writeString(directory.resolve("config.json"), "{\"credsStore\": \"own\"}");
    Map<String, String> environment =
        Map.of("DOCKER_CONFIG", directory.toString(), "PATH", programs.toString(), "WHO", "me");

    assertEquals(
        new Credentials.UsernamePassword("me", "s"),
        UserCredentials.of(environment, directory).find("a.example"));
    CredentialSource elsewhere =
        UserCredentials.of(
            Map.of("DOCKER_CONFIG", directory.toString(), "PATH", "/none"), directory);
    assertThrows(CredentialException.class, () -> elsewhere.find("a.example"));
  }

  private CredentialSource config(String json) throws IOException {
    Path file = directory.resolve("config.json");
    Files.writeString(file, json);
    return new DockerConfigCredentials(file);
  }

  private CredentialHelper helper(String script) throws IOException {
    Path file = Files.createTempFile(directory, "docker-credential-", "");
    Files.writeString(file, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return CredentialHelper.program(file.toString(), System.getenv());
  }
}
