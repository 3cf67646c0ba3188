package io.loadstar.oci;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/**
 * JSON objects from outside, read strictly and written so that what wasn't touched means the same:
 * key order and exact numbers survive, a key that occurs twice is refused. Thread-safe.
 */
public final class JsonDocument {

  /** Image documents nest about ten deep; a config's labels and the like never come near this. */
  private static final int MAX_DEPTH = 100;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private JsonDocument() {}

  /**
   * Reads one JSON object.
   *
   * @param what the document's name for messages
   * @throws MalformedDocumentException if {@code bytes} hold anything else
   */
  public static ObjectNode parse(byte[] bytes, String what) throws MalformedDocumentException {
    try {
      JsonNode node = MAPPER.readTree(bytes);
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw new MalformedDocumentException(what, "not a JSON object");
    } catch (JsonProcessingException e) {
      throw new MalformedDocumentException(what, "not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new MalformedDocumentException(what, "not JSON", e);
    }
  }

  /** A new, empty object. */
  public static ObjectNode empty() {
    return MAPPER.createObjectNode();
  }

  /** The bytes of {@code object}: UTF-8, no white space. */
  public static byte[] write(ObjectNode object) {
    try {
      return MAPPER.writeValueAsBytes(object);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree can always be written", e);
    }
  }
}
