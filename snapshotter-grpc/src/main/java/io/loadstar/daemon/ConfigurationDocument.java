package io.loadstar.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The configuration file that documents itself: every key with what it means, its unit and its
 * default. It is {@code deploy/config.toml}, which is packaged with the program. Immutable.
 */
final class ConfigurationDocument {

  private static final String RESOURCE = "config.toml";
  private static final Pattern TABLE = Pattern.compile("\\[([a-z_.]+)]");
  private static final Pattern ASSIGNMENT = Pattern.compile("([a-z_]+) = .*");

  private ConfigurationDocument() {}

  /** As it is shipped: nothing but defaults. */
  static String defaults() {
    try (InputStream in = ConfigurationDocument.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("packaged without " + RESOURCE);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * With the values that another file has for the same keys, and its mirrors at the end.
   *
   * @param values a file that has been read as a {@link Configuration}
   */
  static String with(TomlTable values) throws MalformedConfigurationException {
    StringBuilder text = new StringBuilder();
    String table = "";
    for (String line : defaults().lines().toList()) {
      Matcher header = TABLE.matcher(line);
      Matcher assignment = ASSIGNMENT.matcher(line);
      if (header.matches()) {
        table = header.group(1);
      }
      Optional<JsonNode> value =
          assignment.matches() ? values.at(table, assignment.group(1)) : Optional.empty();
      text.append(
              value.isPresent()
                  ? assignment.group(1)
                      + " = "
                      + toml(table + "." + assignment.group(1), value.get())
                  : line)
          .append('\n');
    }
    return text.append(mirrors(values)).toString();
  }

  private static String mirrors(TomlTable values) throws MalformedConfigurationException {
    StringBuilder text = new StringBuilder();
    TomlTable hosts = values.table("resolver").table("host");
    for (String host : hosts.keys()) {
      for (TomlTable mirror : hosts.table(host).tables("mirrors")) {
        text.append("\n[[resolver.host.%s.mirrors]]\n".formatted(quoted(host)))
            .append("host = %s\n".formatted(quoted(mirror.text("host", ""))))
            .append("insecure = %s\n".formatted(mirror.flag("insecure", false)));
      }
    }
    return text.toString();
  }

  /** JSON's strings, numbers, flags and arrays of strings are TOML's, too. */
  private static String toml(String key, JsonNode value) {
    // The peer's is a flag.
    return key.equals("fuse.passthrough") && value.isBoolean()
        ? quoted(PassthroughChoice.ofFlag(value.booleanValue()).text())
        : value.toString();
  }

  private static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }
}
