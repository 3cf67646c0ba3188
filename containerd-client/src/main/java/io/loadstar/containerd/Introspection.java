package io.loadstar.containerd;

import com.google.protobuf.Empty;
import io.grpc.Channel;
import io.loadstar.api.introspection.v1.IntrospectionGrpc;
import io.loadstar.api.introspection.v1.IntrospectionGrpc.IntrospectionBlockingV2Stub;
import io.loadstar.api.introspection.v1.Plugin;
import io.loadstar.api.introspection.v1.PluginsRequest;
import io.loadstar.api.version.v1.VersionGrpc;
import io.loadstar.api.version.v1.VersionGrpc.VersionBlockingV2Stub;
import java.util.Optional;

/** What this containerd is. Thread-safe. */
public final class Introspection {

  private static final String SNAPSHOTTER_TYPE = "io.containerd.snapshotter.v1";

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
        .map(plugin -> new SnapshotterPlugin(name, failure(plugin)));
  }

  private static Optional<String> failure(Plugin plugin) {
    return plugin.hasInitErr() ? Optional.of(plugin.getInitErr().getMessage()) : Optional.empty();
  }
}
