package io.loadstar.oci;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an image runs on, in Go's words and with containerd's normalisation: {@code linux/amd64},
 * {@code linux/arm64}, {@code linux/arm/v7}. Immutable.
 *
 * @param os the operating system
 * @param architecture the processor
 * @param variant the processor's variant, empty when it is the ordinary one
 */
public record Platform(String os, String architecture, String variant) {

  public Platform {
    os = os.toLowerCase(Locale.ROOT);
    architecture = normalArchitecture(architecture.toLowerCase(Locale.ROOT));
    variant = normalVariant(architecture, variant.toLowerCase(Locale.ROOT));
  }

  /**
   * Reads {@code os/architecture[/variant]}.
   *
   * @throws IllegalArgumentException if the text has another shape
   */
  public static Platform parse(String text) {
    String[] parts = text.split("/", -1);
    boolean empty = false;
    for (String part : parts) {
      empty |= part.isBlank();
    }
    if (parts.length < 2 || parts.length > 3 || empty) {
      throw new IllegalArgumentException(
          "platform " + text + " isn't of the form os/architecture, as in linux/amd64");
    }
    return new Platform(parts[0], parts[1], parts.length == 3 ? parts[2] : "");
  }

  /** The platform of this machine. */
  public static Platform current() {
    return new Platform("linux", System.getProperty("os.arch", "amd64"), "");
  }

  /** Whether an image for {@code image} is made for exactly this platform. */
  public boolean matches(Platform image) {
    return equals(image);
  }

  /** The platform in a descriptor or a config; none if operating system or processor isn't said. */
  static @Nullable Platform read(ObjectNode json, String what) throws MalformedDocumentException {
    JsonFields fields = new JsonFields(json, what);
    Optional<String> os = fields.text("os");
    Optional<String> architecture = fields.text("architecture");
    if (os.isEmpty() || architecture.isEmpty()) {
      return null;
    }
    return new Platform(os.get(), architecture.get(), fields.text("variant").orElse(""));
  }

  private static String normalArchitecture(String architecture) {
    return switch (architecture) {
      case "x86_64", "x86-64" -> "amd64";
      case "aarch64" -> "arm64";
      case "i386", "i686" -> "386";
      case "armhf", "armel" -> "arm";
      default -> architecture;
    };
  }

  private static String normalVariant(String architecture, String variant) {
    return switch (architecture + "/" + variant) {
      case "amd64/v1", "arm64/v8", "arm64/8" -> "";
      case "arm/", "arm/7" -> "v7";
      case "arm/6" -> "v6";
      case "arm/5" -> "v5";
      default -> variant;
    };
  }

  @Override
  public String toString() {
    return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
  }
}
