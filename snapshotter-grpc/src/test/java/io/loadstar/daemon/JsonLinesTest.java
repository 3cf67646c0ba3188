package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class JsonLinesTest {

  private final ListAppender<ILoggingEvent> events = new ListAppender<>();
  private final Logger log = new LoggerContext().getLogger("test");

  JsonLinesTest() {
    events.start();
    log.addAppender(events);
  }

  private JsonNode line() throws IOException {
    String line =
        new String(new JsonLines().encode(events.list.getFirst()), StandardCharsets.UTF_8);
    assertTrue(line.endsWith("}\n"));
    assertEquals(1, line.lines().count());
    return new ObjectMapper().readTree(line);
  }

  @Test
  void fieldsStandBesideTheMessage() throws Exception {
    log.atWarn().addKeyValue("key", "a\nb").addKeyValue("number", 7).log("what {} said", "he");
    JsonNode line = line();
    assertEquals("warning", line.get("level").asText());
    assertEquals("what he said", line.get("msg").asText());
    assertEquals("a\nb", line.get("key").asText());
    assertEquals("7", line.get("number").asText());
    Instant.parse(line.get("time").asText());
  }

  @Test
  void aFieldCannotPassForTheMessage() throws Exception {
    log.atInfo().addKeyValue("msg", "forged").addKeyValue("error", "real").log("true");
    JsonNode line = line();
    assertEquals("true", line.get("msg").asText());
    assertEquals("forged", line.get("fields.msg").asText());
    assertEquals("real", line.get("error").asText());
  }

  @Test
  void anErrorComesWithItsStack() throws Exception {
    log.error("failed", new IOException("disk"));
    assertEquals("java.io.IOException: disk", line().get("error").asText());
    assertTrue(line().get("stack").asText().contains("JsonLinesTest"));
  }
}
