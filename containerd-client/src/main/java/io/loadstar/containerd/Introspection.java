package io.loadstar.containerd;

import com.google.protobuf.Empty;
import io.grpc.Channel;
import io.loadstar.api.introspection.v1.IntrospectionGrpc;
import io.loadstar.api.introspection.v1.IntrospectionGrpc.IntrospectionBlockingV2Stub;
import io.loadstar.api.introspection.v1.Plugin;
import io.loadstar.api.introspection.v1.PluginsRequest;
import io.loadstar.api.version.v1.VersionGrpc;
import io.loadstar.api.version.v1.VersionGrpc.VersionBlockingV2Stub;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** What this containerd is. Thread-safe. */
public final class Introspection {

  private static final String SNAPSHOTTER_TYPE = "io.containerd.snapshotter.v1";

  /** Under which containerd shows a proxy plugin's address (cmd/containerd/server, LoadPlugins). */
  private static final String ADDRESS_EXPORT = "address";

  private static final String UNIX = "unix://";

  private final IntrospectionBlockingV2Stub plugins;
  private final VersionBlockingV2Stub version;

  Introspection(Channel channel) {
    this.plugins = IntrospectionGrpc.newBlockingV2Stub(channel);
    this.version = VersionGrpc.newBlockingV2Stub(channel);
  }

  /** containerd's version, as it writes it itself. */
  public String version() throws ContainerdException {
    return Calls.run(
            "containerd's version",
            () -> version.withDeadlineAfter(Calls.QUICK).version(Empty.getDefaultInstance()))
        .getVersion();
  }

  /** The snapshotter that the configuration calls {@code name}. */
  public Optional<SnapshotterPlugin> snapshotter(String name) throws ContainerdException {
    PluginsRequest request =
        PluginsRequest.newBuilder().addFilters("type==" + SNAPSHOTTER_TYPE).build();
    return Calls.run(
            "containerd's plugins", () -> plugins.withDeadlineAfter(Calls.QUICK).plugins(request))
        .getPluginsList()
        .stream()
        .filter(plugin -> plugin.getType().equals(SNAPSHOTTER_TYPE) && plugin.getId().equals(name))
        .findFirst()
        .map(plugin -> new SnapshotterPlugin(name, failure(plugin), address(plugin)));
  }

  /** A proxy plugin's, as containerd's configuration has it: a path, with or without a scheme. */
  private static Optional<Path> address(Plugin plugin) {
    String address = plugin.getExportsOrDefault(ADDRESS_EXPORT, "");
    String path = address.startsWith(UNIX) ? address.substring(UNIX.length()) : address;
    try {
      return path.isEmpty() ? Optional.empty() : Optional.of(Path.of(path));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> failure(Plugin plugin) {
    return plugin.hasInitErr() ? Optional.of(plugin.getInitErr().getMessage()) : Optional.empty();
  }
}
