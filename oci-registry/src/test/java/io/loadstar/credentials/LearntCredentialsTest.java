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
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LearntCredentialsTest {

  private static final Credentials NOBODY = new Credentials.Anonymous();

  @TempDir Path folder;

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-21T00:00:00Z"));
  private LearntCredentials learnt;

  @BeforeEach
  void open() {
    learnt = LearntCredentials.open(folder, now::get);
  }

  private static Credentials login(String password) {
    return new Credentials.UsernamePassword("me", password);
  }

  private Path file() {
    return folder.resolve("credentials.json");
  }

  @Test
  void theyAreForTheRepositoryTheyWereSeenWithAndForNoOther() throws IOException {
    learnt.learn("h:5000", "a/b", login("x"));
    assertEquals(login("x"), learnt.find("h:5000", "a/b"));
    for (String other : List.of("a", "a/c", "a/b/c", "a/bc", "")) {
      assertEquals(NOBODY, learnt.find("h:5000", other));
    }
    assertEquals(NOBODY, learnt.find("h", "a/b"));
    assertEquals(NOBODY, learnt.find("h:5000"));
  }

  @Test
  void theNewestComesFirstAndOnlySoManyAreKept() throws IOException {
    for (int i = 0; i < 6; i++) {
      learnt.learn("h", "r", login("p" + i));
    }
    learnt.learn("h", "r", login("p3"));
    assertEquals(List.of(login("p3"), login("p5"), login("p4"), login("p2")), learnt.all("h", "r"));
  }

  @Test
  void allKindsAreThereAfterARestart() throws IOException {
    learnt.learn("h", "a", login("pass\"word ü"));
    learnt.learn("h", "b", new Credentials.IdentityToken("i"));
    learnt.learn("h", "c", new Credentials.RegistryToken("t"));
    learnt.learn("h", "d", NOBODY);
    open();
    assertEquals(login("pass\"word ü"), learnt.find("h", "a"));
    assertEquals(new Credentials.IdentityToken("i"), learnt.find("h", "b"));
    assertEquals(new Credentials.RegistryToken("t"), learnt.find("h", "c"));
    assertEquals(NOBODY, learnt.find("h", "d"));
  }

  @Test
  void theFileIsItsOwnersOnlyAndWrittenWhole() throws IOException {
    Files.writeString(folder.resolve("credentials.json.new"), "left by a crash");
    learnt.learn("h", "a", login("x"));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file()), files.toList());
    }
  }

  @Test
  void whatIsSeenAgainIsWrittenOnceADay() throws IOException {
    learnt.learn("h", "a", login("x"));
    String first = Files.readString(file());
    now.set(now.get().plus(Duration.ofHours(23)));
    learnt.learn("h", "a", login("x"));
    assertEquals(first, Files.readString(file()));
    now.set(now.get().plus(Duration.ofHours(2)));
    learnt.learn("h", "a", login("x"));
    assertFalse(first.equals(Files.readString(file())));
  }

  @Test
  void whatWasNotSeenForLongIsDropped() throws IOException {
    learnt.learn("h", "a", login("x"));
    now.set(now.get().plus(LearntCredentials.MAX_AGE).plusSeconds(1));
    assertEquals(NOBODY, learnt.find("h", "a"));
    learnt.learn("h", "b", login("y"));
    assertFalse(Files.readString(file()).contains("\"x\""));
  }

  @Test
  void theirNumberAndTheirSizeAreBounded() throws IOException {
    String large = "x".repeat(LearntCredentials.MAX_CHARS / 2);
    learnt.learn("h", "a", login(large));
    learnt.learn("h", "b", login(large));
    assertEquals(NOBODY, learnt.find("h", "a"));
    assertEquals(login(large), learnt.find("h", "b"));
    learnt.learn("h", "c", login(large + large));
    assertEquals(NOBODY, learnt.find("h", "c"));
    open();
    assertEquals(login(large), learnt.find("h", "b"));
  }

  @Test
  void whatIsRefusedIsDroppedUnlessItIsAllThereIs() throws IOException {
    learnt.learn("h", "a", login("old"));
    learnt.learn("h", "a", login("new"));
    assertTrue(learnt.refused("h", "a", login("new")));
    assertEquals(List.of(login("old")), learnt.all("h", "a"));
    assertFalse(learnt.refused("h", "a", login("old")));
    assertEquals(List.of(login("old")), learnt.all("h", "a"));
  }

  @Test
  void whatNothingOnTheNodeIsOfIsForgotten() throws IOException {
    learnt.learn("h", "a", login("x"));
    learnt.learn("h", "b", login("y"));
    learnt.learn("mirror", "b", login("z"));
    learnt.forgetUnused(() -> Set.of("b"));
    assertEquals(NOBODY, learnt.find("h", "a"));
    open();
    assertEquals(NOBODY, learnt.find("h", "a"));
    assertEquals(login("y"), learnt.find("h", "b"));
    assertEquals(login("z"), learnt.find("mirror", "b"));
  }

  @Test
  void whatIsBeingPulledOrHasFailedIsNotForgotten() throws IOException {
    PulledRepositories.Pull pull = learnt.pullOf("a");
    learnt.learn("h", "a", login("x"));
    learnt.forgetUnused(Set::of);
    assertEquals(login("x"), learnt.find("h", "a"));
    pull.failed();
    learnt.forgetUnused(Set::of);
    assertEquals(login("x"), learnt.find("h", "a"));
    learnt.pullOf("a").succeeded();
    learnt.forgetUnused(Set::of);
    assertEquals(NOBODY, learnt.find("h", "a"));
  }

  @Test
  void whatCameWhileItWasLookedForIsNotForgotten() throws IOException {
    learnt.learn("h", "b", login("y"));
    learnt.forgetUnused(() -> {
      PulledRepositories.Pull pull = learnt.pullOf("a");
      learnt.learn("h", "a", login("x"));
      pull.succeeded();
      return Set.of();
    });
    assertEquals(NOBODY, learnt.find("h", "b"));
    assertEquals(login("x"), learnt.find("h", "a"));
  }

  @Test
  void nothingIsForgottenIfItIsNotKnownWhatIsUsed() throws IOException {
    learnt.learn("h", "a", login("x"));
    assertThrows(
        IOException.class,
        () ->
            learnt.forgetUnused(() -> {
              throw new IOException("the disk fails");
            }));
    assertEquals(login("x"), learnt.find("h", "a"));
  }

  @Test
  void aDamagedFileIsForgotten() throws IOException {
    for (String damaged :
        List.of("", "{", "{\"learnt\":[{}]}", "{\"learnt\":[{\"host\":\"h\",\"repository\":1}]}")) {
      Files.writeString(file(), damaged);
      open();
      assertEquals(NOBODY, learnt.find("h", "a"));
      learnt.learn("h", "a", login("x"));
      open();
      assertEquals(login("x"), learnt.find("h", "a"));
    }
  }
}
