package io.loadstar.credentials;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MalformedDocumentException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Where learnt credentials are over a restart: in the clear, in a file that only its owner can
 * read. Why they aren't encrypted: docs/decisions/028. Not thread-safe; blocks.
 *
 * <pre>
 * DIRECTORY/credentials.json       0600  {"learnt":[{"host":…,"repository":…,"seen":1790000000,
 *                                         "username":…,"password":…}, …]}, or "identitytoken" or
 *                                         "registrytoken" in their place; those seen last come last
 * DIRECTORY/credentials.json.new   0600  being written
 * </pre>
 */
final class LearntFile {

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(OWNER_ONLY);

  /** A character is six bytes at most, as {@code \}{@code u0000}; the rest of an entry some 200. */
  private static final int MAX_BYTES =
      6 * LearntCredentials.MAX_CHARS + 200 * LearntCredentials.MAX_ENTRIES;

  /** In some 30,000 years. */
  private static final long MAX_SECONDS = 1L << 40;

  private static final String LEARNT = "learnt";
  private static final String HOST = "host";
  private static final String REPOSITORY = "repository";
  private static final String SEEN = "seen";
  private static final String USERNAME = "username";
  private static final String PASSWORD = "password";
  private static final String IDENTITY = "identitytoken";
  private static final String REGISTRY = "registrytoken";

  private final Path file;
  private final Path passing;

  LearntFile(Path directory) {
    this.file = directory.resolve("credentials.json");
    this.passing = directory.resolve("credentials.json.new");
  }

  /**
   * What was written last; nothing if there is no file.
   *
   * @throws CredentialException if it can't be read or isn't what was written
   */
  List<LearntCredentials.Learnt> read() throws CredentialException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new CredentialException("learnt credentials in " + file + " can't be read", e);
    }
    ObjectNode document;
    try {
      if (bytes.length > MAX_BYTES) {
        throw damaged();
      }
      document = JsonDocument.parse(bytes, "learnt credentials");
    } catch (MalformedDocumentException e) {
      // Not as the cause: a parser's message quotes what it stumbled on.
      throw damaged();
    }
    List<LearntCredentials.Learnt> entries = new ArrayList<>();
    for (JsonNode entry : document.path(LEARNT)) {
      entries.add(
          new LearntCredentials.Learnt(
              text(entry, HOST),
              text(entry, REPOSITORY),
              credentials(entry),
              Instant.ofEpochSecond(Math.clamp(entry.path(SEEN).asLong(), 0, MAX_SECONDS))));
    }
    return entries;
  }

  private Credentials credentials(JsonNode entry) throws CredentialException {
    if (entry.has(IDENTITY)) {
      return new Credentials.IdentityToken(text(entry, IDENTITY));
    }
    if (entry.has(REGISTRY)) {
      return new Credentials.RegistryToken(text(entry, REGISTRY));
    }
    return new Credentials.UsernamePassword(text(entry, USERNAME), text(entry, PASSWORD));
  }

  private String text(JsonNode entry, String key) throws CredentialException {
    String text = entry.path(key).textValue();
    if (text == null) {
      throw damaged();
    }
    return text;
  }

  private CredentialException damaged() {
    return new CredentialException(
        "learnt credentials in " + file + ": damaged; the next pull writes them anew", null);
  }

  /**
   * Puts {@code entries} in the place of what was written before, all or nothing.
   *
   * @throws IOException if it can't be written
   */
  void write(List<LearntCredentials.Learnt> entries) throws IOException {
    Files.deleteIfExists(passing);
    try (FileChannel channel =
        FileChannel.open(
            passing, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PRIVATE)) {
      ByteBuffer bytes = ByteBuffer.wrap(JsonDocument.write(document(entries)));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    } catch (IOException e) {
      Files.deleteIfExists(passing);
      throw e;
    }
    Files.move(passing, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static ObjectNode document(List<LearntCredentials.Learnt> entries) {
    ObjectNode document = JsonDocument.empty();
    ArrayNode list = document.putArray(LEARNT);
    for (LearntCredentials.Learnt entry : entries) {
      ObjectNode row = list.addObject();
      row.put(HOST, entry.host());
      row.put(REPOSITORY, entry.repository());
      row.put(SEEN, entry.seen().getEpochSecond());
      switch (entry.credentials()) {
        case Credentials.Anonymous _ -> {}
        case Credentials.UsernamePassword(String username, String password) ->
            row.put(USERNAME, username).put(PASSWORD, password);
        case Credentials.IdentityToken(String token) -> row.put(IDENTITY, token);
        case Credentials.RegistryToken(String token) -> row.put(REGISTRY, token);
      }
    }
    return document;
  }
}
