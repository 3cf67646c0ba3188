package io.loadstar.optimize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records on disk, ours and the peer's. */
class RecordFileTest {

  private static final Digest MANIFEST = Digest.of("m".getBytes(StandardCharsets.UTF_8));

  @TempDir Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("record.json"), text);
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    ReadOrder order =
        new ReadOrder(
            List.of(
                new RecordedFile("usr/bin/é \"x\"\n", MANIFEST, 3),
                new RecordedFile("a", MANIFEST, 0),
                new RecordedFile(
                    "large", MANIFEST, 0, List.of(new ByteRange(0, 10), new ByteRange(10, 20))),
                new RecordedFile("b", null, RecordedFile.ANY_LAYER)));
    Path file = directory.resolve("record.json");
    RecordFile.write(order, file);
    assertEquals(order, RecordFile.read(file));
    assertEquals(
        "{\"path\":\"a\",\"manifestDigest\":\"" + MANIFEST + "\",\"layerIndex\":0}",
        Files.readAllLines(file).get(1));
    assertEquals(
        "{\"path\":\"large\",\"manifestDigest\":\""
            + MANIFEST
            + "\",\"layerIndex\":0,\"parts\":[0,10,10,20]}",
        Files.readAllLines(file).get(2));
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(1, left.count());
    }
  }

  /** As stargz-snapshotter's pkg/recorder has it: Go leaves out what is empty. */
  @Test
  void thePeersLinesAreRead() throws IOException {
    Path file =
        file(
            """
            {"path":"/bin/sh","manifestDigest":"%1$s","layerIndex":1}
            {"path":"etc/x","manifestDigest":"%1$s"}\r

            {"path":"./y","more":[1,{"a":null}]}
            """
                .formatted(MANIFEST));
    assertEquals(
        List.of(
            new RecordedFile("/bin/sh", MANIFEST, 1),
            new RecordedFile("etc/x", MANIFEST, RecordedFile.ANY_LAYER),
            new RecordedFile("./y", null, RecordedFile.ANY_LAYER)),
        RecordFile.read(file).files());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no json",
        "[]",
        "{}",
        "{\"path\":\"\"}",
        "{\"path\":3}",
        "{\"path\":\"a\",\"manifestDigest\":\"md5:1\"}",
        "{\"path\":\"a\",\"path\":\"b\"}",
        "{\"path\":\"a\",\"parts\":[0,10,5,10]}",
        "{\"path\":\"a\",\"parts\":[0,0]}",
        "{\"path\":\"a\",\"parts\":[0]}",
        "{\"path\":\"a\",\"parts\":\"all\"}",
        "[[[[[[[[[[[[[[[[[[[[[[[["
      })
  void whatIsNoRecordIsRefusedWithItsLine(String line) throws IOException {
    Path file = file("{\"path\":\"good\"}\n" + line + "\n");
    IOException refused = assertThrows(OptimizationException.class, () -> RecordFile.read(file));
    assertTrue(
        String.valueOf(refused.getMessage()).startsWith(file + ", line 2: "),
        () -> String.valueOf(refused.getMessage()));
  }

  @Test
  void linesThatAreTooLongAndBytesThatAreNoTextAreRefused() throws IOException {
    Path file = file("{\"path\":\"" + "x".repeat(100_000) + "\"}");
    assertThrows(OptimizationException.class, () -> RecordFile.read(file));
    Files.write(file, new byte[] {'{', (byte) 0xff, (byte) 0xfe, '}'});
    assertThrows(OptimizationException.class, () -> RecordFile.read(file));
  }
}
