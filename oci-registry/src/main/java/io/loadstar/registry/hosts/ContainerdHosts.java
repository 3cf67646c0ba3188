package io.loadstar.registry.hosts;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directories of {@code config_path}, as containerd reads them. Thread-safe. Source:
 * containerd, docs/hosts.md.
 *
 * <pre>
 * &lt;config_path&gt;/
 *   registry.example_5000_/    the registry registry.example:5000; without the underscores as well
 *     hosts.toml               {@link HostsFile}
 *     *.crt *.cert *.key       without it: authorities, and our certificate with its key
 *   _default/                  registries that have no directory of their own
 * </pre>
 *
 * A file that can't be followed is named in the log and left out, as containerd does: the registry
 * is then reached by the certificates beside it.
 */
public final class ContainerdHosts implements RegistryHosts {

  /** Where containerd's own configuration puts it. */
  public static final String USUAL_PATH = "/etc/containerd/certs.d";

  private static final Logger LOG = LoggerFactory.getLogger(ContainerdHosts.class);
  private static final String FILE = "hosts.toml";

  /** Above this many, all are dropped: they are only a cache. */
  private static final int MAX_KEPT = 1000;

  private final List<Path> roots;
  private final ConcurrentMap<Asked, Answer> kept = new ConcurrentHashMap<>();

  private record Asked(String registry, ConfiguredHost usual) {}

  /** What stands in a directory, and how to tell that it has changed. */
  private record Answer(Path directory, String stamp, List<ConfiguredHost> hosts) {}

  /**
   * @param roots the directories, in this order; they need not exist
   */
  public ContainerdHosts(List<Path> roots) {
    this.roots = List.copyOf(roots);
  }

  /** Those of a {@code config_path}, separated by colons. */
  public static ContainerdHosts of(String configPath) {
    List<Path> roots = new ArrayList<>();
    for (String root : configPath.split(":", -1)) {
      if (!root.isBlank()) {
        roots.add(Path.of(root.strip()));
      }
    }
    return new ContainerdHosts(roots);
  }

  @Override
  public List<ConfiguredHost> find(String registry, ConfiguredHost usual) {
    Optional<Path> directory = directory(registry);
    if (directory.isEmpty()) {
      return List.of(usual);
    }
    Asked asked = new Asked(registry, usual);
    String stamp = stamp(directory.get());
    Answer known = kept.get(asked);
    if (known == null
        || !known.directory().equals(directory.get())
        || !known.stamp().equals(stamp)) {
      known = new Answer(directory.get(), stamp, read(directory.get(), usual));
      if (kept.size() >= MAX_KEPT) {
        kept.clear();
      }
      kept.put(asked, known);
    }
    return known.hosts();
  }

  private Optional<Path> directory(String registry) {
    if (registry.contains("/") || registry.startsWith(".")) {
      return Optional.empty();
    }
    int colon = registry.lastIndexOf(':');
    List<String> names = new ArrayList<>();
    if (colon > 0) {
      names.add(registry.substring(0, colon) + "_" + registry.substring(colon + 1) + "_");
    }
    names.add(registry);
    names.add("_default");
    for (Path root : roots) {
      for (String name : names) {
        Path directory = root.resolve(name);
        if (Files.isDirectory(directory)) {
          return Optional.of(directory);
        }
      }
    }
    return Optional.empty();
  }

  /** Changes whenever the directory's file does, or a file comes or goes. */
  private static String stamp(Path directory) {
    return time(directory) + " " + time(directory.resolve(FILE));
  }

  private static String time(Path path) {
    try {
      BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
      return file.lastModifiedTime().toString() + "/" + file.size() + "/" + file.fileKey();
    } catch (IOException e) {
      return "none";
    }
  }

  private static List<ConfiguredHost> read(Path directory, ConfiguredHost usual) {
    Path file = directory.resolve(FILE);
    try {
      return List.copyOf(HostsFile.read(file).hosts(usual));
    } catch (NoSuchFileException e) {
      LOG.debug("{} has no {}: its certificates count", directory, FILE);
    } catch (IOException e) {
      LOG.error("{} can't be followed, and is left out: {}", file, oneLine(e.getMessage()));
    }
    try {
      return List.of(usual.with(certificates(directory)));
    } catch (IOException e) {
      LOG.error("{} can't be read: {}", directory, e.toString());
      return List.of(usual);
    }
  }

  private static String oneLine(@Nullable String message) {
    return String.valueOf(message).replaceAll("\\s+", " ");
  }

  private static HostTls certificates(Path directory) throws IOException {
    List<Path> authorities = new ArrayList<>();
    List<ClientCertificate> clients = new ArrayList<>();
    for (Path file : files(directory)) {
      String name = String.valueOf(file.getFileName());
      if (name.endsWith(".crt")) {
        authorities.add(file);
      } else if (name.endsWith(".cert")) {
        String stem = name.substring(0, name.length() - ".cert".length());
        Path key = directory.resolve(stem + ".key");
        clients.add(new ClientCertificate(file, Files.exists(key) ? key : file));
      }
    }
    return new HostTls(authorities, clients, HostTls.Check.FULL);
  }

  private static List<Path> files(Path directory) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (Files.isRegularFile(entry)) {
          files.add(entry);
        }
      }
    }
    Collections.sort(files);
    return files;
  }
}
