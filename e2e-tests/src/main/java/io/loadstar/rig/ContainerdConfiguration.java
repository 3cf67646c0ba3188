package io.loadstar.rig;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The configuration file of a {@link PrivateNode}'s containerd: one proxy plugin, which CRI and the
 * transfer service use and tell what they pull; the network of {@link PodNetwork}, and nothing
 * outside of the node's directory. The same choices as in {@code deploy/containerd-*.toml}.
 * Immutable.
 *
 * @param directory the node's
 * @param programs whose configuration it is
 * @param peers other snapshotters' sockets, by name
 */
record ContainerdConfiguration(
    Path directory, ContainerdPrograms programs, Map<String, Path> peers) {

  private static final String COMMON =
      """
      root = "%1$s/containerd"
      state = "%1$s/state"
      disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.internal.v1.restart",
        "io.containerd.tracing.processor.v1.otlp", "io.containerd.nri.v1.nri"]
      [grpc]
        address = "%1$s/c.sock"
      [ttrpc]
        address = "%1$s/c.ttrpc"
      """;

  private static final String PLUGIN =
      """
      [proxy_plugins.%1$s]
        type = "snapshot"
        address = "%2$s"
        capabilities = ["remap-ids"]
        [proxy_plugins.%1$s.exports]
          root = "%3$s"
          enable_remote_snapshot_annotations = "true"
      """;

  private static final String ONE =
      """
      [plugins."io.containerd.grpc.v1.cri"]
        sandbox_image = "%5$s"
        restrict_oom_score_adj = true
        [plugins."io.containerd.grpc.v1.cri".cni]
          bin_dir = "%1$s/cni"
          conf_dir = "%1$s/cni"
        [plugins."io.containerd.grpc.v1.cri".registry]
          config_path = "%1$s/hosts"
        [plugins."io.containerd.grpc.v1.cri".containerd]
          snapshotter = "%2$s"
          disable_snapshot_annotations = false
          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
            runtime_type = "io.containerd.runc.v2"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
              Root = "%1$s/runc"
      """;

  private static final String TWO =
      """
      [[plugins."io.containerd.transfer.v1.local".unpack_config]]
        platform = "linux/%4$s"
        snapshotter = "%2$s"
      [[plugins."io.containerd.transfer.v1.local".unpack_config]]
        platform = "linux/%4$s"
        snapshotter = "overlayfs"
      [plugins."io.containerd.cri.v1.images"]
        snapshotter = "%2$s"
        disable_snapshot_annotations = false
        [plugins."io.containerd.cri.v1.images".pinned_images]
          sandbox = "%5$s"
        [plugins."io.containerd.cri.v1.images".registry]
          config_path = "%1$s/hosts"
      [plugins."io.containerd.cri.v1.runtime"]
        restrict_oom_score_adj = true
        netns_mounts_under_state_dir = true
        [plugins."io.containerd.cri.v1.runtime".cni]
          bin_dirs = ["%1$s/cni"]
          conf_dir = "%1$s/cni"
        [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
          runtime_type = "io.containerd.runc.v2"
          [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
            Root = "%1$s/runc"
      """;

  /**
   * The file's text.
   *
   * @param snapshotter the proxy plugin's name
   * @param socket the snapshotter's
   * @param sandbox the reference of the image that CRI makes sandboxes of
   */
  String text(String snapshotter, Path socket, String sandbox) {
    String version = programs.isTwo() ? "version = 3\n" : "version = 2\n";
    String template = version + COMMON + (programs.isTwo() ? TWO : ONE);
    return template.formatted(directory, snapshotter, socket, architecture(), sandbox)
        + PLUGIN.formatted(snapshotter, socket, directory.resolve("snapshotter"))
        + peers.entrySet().stream()
            .map(peer ->
                PLUGIN.formatted(peer.getKey(), peer.getValue(), peer.getValue().getParent()))
            .collect(Collectors.joining());
  }

  /** Go's name for this machine's. */
  private static String architecture() {
    return System.getProperty("os.arch", "").equals("aarch64") ? "arm64" : "amd64";
  }
}
