package io.loadstar.daemon;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.slf4j.event.KeyValuePair;

/**
 * A log event as one line of JSON: {@code level}, {@code msg}, {@code time}, and the event's own
 * keys beside them, as the peer's scripts expect. Thread-safe.
 */
final class JsonLines extends EncoderBase<ILoggingEvent> {

  private static final byte[] NOTHING = {};
  private static final List<String> OWN = List.of("level", "msg", "time", "error", "stack");

  private final JsonFactory json = new JsonFactory();

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    try (JsonGenerator out = json.createGenerator(line)) {
      write(event, out);
    } catch (IOException e) {
      throw new UncheckedIOException("memory can't fail", e);
    }
    line.write('\n');
    return line.toByteArray();
  }

  private void write(ILoggingEvent event, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("level", level(event));
    out.writeStringField("msg", event.getFormattedMessage());
    out.writeStringField("time", Instant.ofEpochMilli(event.getTimeStamp()).toString());
    if (event.getKeyValuePairs() != null) {
      for (KeyValuePair pair : event.getKeyValuePairs()) {
        String key = isTaken(pair.key, event) ? "fields." + pair.key : pair.key;
        out.writeStringField(key, String.valueOf(pair.value));
      }
    }
    if (event.getThrowableProxy() != null) {
      out.writeStringField(
          "error",
          event.getThrowableProxy().getClassName() + ": " + event.getThrowableProxy().getMessage());
      out.writeStringField("stack", ThrowableProxyUtil.asString(event.getThrowableProxy()));
    }
    out.writeEndObject();
  }

  private static boolean isTaken(String key, ILoggingEvent event) {
    return OWN.contains(key) && (event.getThrowableProxy() != null || !key.equals("error"));
  }

  /** As the peer spells levels. */
  private static String level(ILoggingEvent event) {
    String level = event.getLevel().toString().toLowerCase(Locale.ROOT);
    return level.equals("warn") ? "warning" : level;
  }
}
