package io.loadstar.credentials;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.loadstar.oci.GoDuration;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A kubelet's credential provider plugins, by the files that the kubelet is given: {@code
 * --image-credential-provider-config} and {@code --image-credential-provider-bin-dir}. Thread-safe;
 * asking blocks while a plugin runs. Source: {@code CredentialProviderConfig} of
 * kubelet.config.k8s.io/v1.
 *
 * <p>Plugins that match an image are all asked, in their order; of what they answer the most
 * particular counts first. One that fails is an error only if no other has anything.
 */
public final class KubeletPlugins implements ImageCredentials {

  private static final int MAX_CONFIG_BYTES = 1 << 20;
  private static final int MAX_PLUGINS = 100;
  private static final String CONFIG_GROUP = "kubelet.config.k8s.io/";
  private static final String CONFIG_KIND = "CredentialProviderConfig";

  private final List<KubeletPlugin> plugins;

  private KubeletPlugins(List<KubeletPlugin> plugins) {
    this.plugins = List.copyOf(plugins);
  }

  /**
   * Reads which plugins there are. Starts none.
   *
   * @param config the file, in YAML or JSON
   * @param programs the directory where the plugins are
   * @throws CredentialException if the file can't be followed, or a plugin isn't there
   */
  public static KubeletPlugins open(Path config, Path programs) throws CredentialException {
    return open(config, programs, InstantSource.system());
  }

  static KubeletPlugins open(Path config, Path programs, InstantSource clock)
      throws CredentialException {
    JsonNode document = read(config);
    if (!document.path("apiVersion").asText("").startsWith(CONFIG_GROUP)
        || !document.path("kind").asText("").equals(CONFIG_KIND)) {
      throw new CredentialException(
          config + ": is no " + CONFIG_KIND + " of " + CONFIG_GROUP + "v1", null);
    }
    Map<String, KubeletPlugin> plugins = new LinkedHashMap<>();
    for (JsonNode provider : document.path("providers")) {
      try {
        KubeletPlugin.Configured configured = configured(provider, programs);
        if (plugins.put(configured.name(), new KubeletPlugin(configured, clock)) != null
            || plugins.size() > MAX_PLUGINS) {
          throw new IllegalArgumentException("there are several, or more than " + MAX_PLUGINS);
        }
      } catch (IOException | IllegalArgumentException e) {
        throw new CredentialException(
            config + ": provider " + provider.path("name").asText("?") + ": " + e.getMessage(), e);
      }
    }
    if (plugins.isEmpty()) {
      throw new CredentialException(config + ": names no providers", null);
    }
    return new KubeletPlugins(List.copyOf(plugins.values()));
  }

  private static JsonNode read(Path config) throws CredentialException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(config)) {
      bytes = in.readNBytes(MAX_CONFIG_BYTES + 1);
    } catch (IOException e) {
      throw new CredentialException(config + " can't be read", e);
    }
    if (bytes.length > MAX_CONFIG_BYTES) {
      throw new CredentialException(config + ": larger than " + MAX_CONFIG_BYTES + " bytes", null);
    }
    try {
      return new YAMLMapper().readTree(new String(bytes, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      throw new CredentialException(config + ":" + line + ": not YAML", null);
    }
  }

  private static KubeletPlugin.Configured configured(JsonNode provider, Path programs)
      throws IOException {
    String name = provider.path("name").asText("");
    if (!name.matches("[A-Za-z0-9_.-]{1,255}") || name.matches("\\.\\.?")) {
      throw new IllegalArgumentException("has no usable name");
    }
    Path program = programs.resolve(name);
    if (!Files.isExecutable(program)) {
      throw new IllegalArgumentException(program + " isn't a program that can be run");
    }
    List<ImagePattern> images = new ArrayList<>();
    provider.path("matchImages").forEach(image -> images.add(ImagePattern.parse(image.asText())));
    if (images.isEmpty()) {
      throw new IllegalArgumentException("matches no images");
    }
    List<String> words = new ArrayList<>(List.of(program.toString()));
    provider.path("args").forEach(word -> words.add(word.asText()));
    Map<String, String> environment = new LinkedHashMap<>(System.getenv());
    provider
        .path("env")
        .forEach(one -> environment.put(one.path("name").asText(), one.path("value").asText()));
    return new KubeletPlugin.Configured(
        name,
        new AskedProgram(words, environment, KubeletPlugin.TIME_LIMIT),
        provider.path("apiVersion").asText(""),
        images,
        duration(provider));
  }

  private static Duration duration(JsonNode provider) throws IOException {
    return GoDuration.parse(provider.path("defaultCacheDuration").asText(""));
  }

  @Override
  public List<Credentials> all(String host, String repository) throws CredentialException {
    Set<KubeletPlugin.Entry> found = new LinkedHashSet<>();
    @Nullable CredentialException failure = null;
    for (KubeletPlugin plugin : plugins) {
      try {
        found.addAll(plugin.find(host, repository));
      } catch (CredentialException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (found.isEmpty() && failure != null) {
      throw failure;
    }
    return found.stream()
        .sorted((a, b) -> Integer.compare(b.images().length(), a.images().length()))
        .map(KubeletPlugin.Entry::credentials)
        .toList();
  }

  /** The plugins that had it are asked anew. */
  @Override
  public boolean refused(String host, String repository, Credentials credentials) {
    boolean dropped = false;
    for (KubeletPlugin plugin : plugins) {
      dropped |= plugin.drop(credentials);
    }
    return dropped;
  }
}
