package io.loadstar.rig;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.loadstar.api.cri.v1.AuthConfig;
import io.loadstar.api.cri.v1.ContainerConfig;
import io.loadstar.api.cri.v1.ContainerMetadata;
import io.loadstar.api.cri.v1.CreateContainerRequest;
import io.loadstar.api.cri.v1.ExecSyncRequest;
import io.loadstar.api.cri.v1.ExecSyncResponse;
import io.loadstar.api.cri.v1.IDMapping;
import io.loadstar.api.cri.v1.Image;
import io.loadstar.api.cri.v1.ImageServiceGrpc;
import io.loadstar.api.cri.v1.ImageSpec;
import io.loadstar.api.cri.v1.LinuxContainerConfig;
import io.loadstar.api.cri.v1.LinuxContainerSecurityContext;
import io.loadstar.api.cri.v1.LinuxPodSandboxConfig;
import io.loadstar.api.cri.v1.LinuxSandboxSecurityContext;
import io.loadstar.api.cri.v1.ListImagesRequest;
import io.loadstar.api.cri.v1.NamespaceMode;
import io.loadstar.api.cri.v1.NamespaceOption;
import io.loadstar.api.cri.v1.PodSandboxConfig;
import io.loadstar.api.cri.v1.PodSandboxMetadata;
import io.loadstar.api.cri.v1.PullImageRequest;
import io.loadstar.api.cri.v1.RemoveImageRequest;
import io.loadstar.api.cri.v1.RemovePodSandboxRequest;
import io.loadstar.api.cri.v1.RunPodSandboxRequest;
import io.loadstar.api.cri.v1.RuntimeServiceGrpc;
import io.loadstar.api.cri.v1.StartContainerRequest;
import io.loadstar.api.cri.v1.StopPodSandboxRequest;
import io.loadstar.api.cri.v1.UserNamespace;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What a kubelet asks of a container runtime: CRI v1 over its socket. Pods have the node's network,
 * but those in a user namespace, which have none ({@link PodNetwork}). Thread-safe; closed by
 * whoever connected it. Every call throws {@code StatusRuntimeException} when the runtime refuses
 * it.
 */
public final class Cri implements AutoCloseable {

  private static final long CALL_SECONDS = 60;

  /** As many as a kubelet gives each pod. */
  private static final int MAPPED = 65_536;

  private static final NamespaceOption NODE_NETWORK =
      NamespaceOption.newBuilder().setNetwork(NamespaceMode.NODE).build();

  private final EventLoopGroup eventLoop;
  private final ManagedChannel channel;
  private final String cgroup;

  private Cri(Path images, String cgroup) {
    this.eventLoop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("cri", true), NioIoHandler.newFactory());
    this.channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(images))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(eventLoop)
            .usePlaintext()
            .overrideAuthority("localhost")
            .build();
    this.cgroup = cgroup;
  }

  /**
   * Connects to whoever serves CRI, or half of it, at {@code socket}.
   *
   * @param cgroup below which pods get theirs
   */
  static Cri connect(Path socket, String cgroup) {
    return new Cri(socket, cgroup);
  }

  /**
   * A pod that runs.
   *
   * @param id the runtime's
   * @param config what it was made of
   */
  public record Pod(String id, PodSandboxConfig config) {

    /** Those of its containers are the same. */
    private NamespaceOption namespaces() {
      return config.getLinux().getSecurityContext().getNamespaceOptions();
    }
  }

  /** Pulls an image; what it is called then. */
  public String pull(String reference) {
    return pull(reference, AuthConfig.getDefaultInstance());
  }

  /** Pulls an image with credentials, as a kubelet that has a pull secret; its name then. */
  public String pull(String reference, AuthConfig credentials) {
    return images()
        .pullImage(
            PullImageRequest.newBuilder().setImage(spec(reference)).setAuth(credentials).build())
        .getImageRef();
  }

  /** The tags of all images that the runtime knows. */
  public List<String> tags() {
    return images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList().stream()
        .map(Image::getRepoTagsList)
        .flatMap(List::stream)
        .toList();
  }

  /** Removes an image, as the kubelet's garbage collection does. */
  public void removeImage(String reference) {
    var _ = images().removeImage(RemoveImageRequest.newBuilder().setImage(spec(reference)).build());
  }

  /** Starts a pod without containers. */
  public Pod startPod(String name) {
    return startPod(name, NODE_NETWORK);
  }

  /**
   * Starts a pod without containers, as a kubelet does for {@code hostUsers: false}.
   *
   * @param uid the user on the node who is root in the pod, the first of {@value #MAPPED}
   * @param gid that user's group
   */
  public Pod startPodInUserNamespace(String name, int uid, int gid) {
    return startPod(
        name,
        NamespaceOption.newBuilder()
            .setNetwork(NamespaceMode.POD)
            .setUsernsOptions(
                UserNamespace.newBuilder()
                    .setMode(NamespaceMode.POD)
                    .addUids(mapped(uid))
                    .addGids(mapped(gid)))
            .build());
  }

  private static IDMapping mapped(int first) {
    return IDMapping.newBuilder().setHostId(first).setContainerId(0).setLength(MAPPED).build();
  }

  private Pod startPod(String name, NamespaceOption namespaces) {
    PodSandboxConfig config =
        PodSandboxConfig.newBuilder()
            .setMetadata(
                PodSandboxMetadata.newBuilder().setName(name).setUid(name).setNamespace("default"))
            .setLinux(
                LinuxPodSandboxConfig.newBuilder()
                    .setCgroupParent(cgroup)
                    .setSecurityContext(
                        LinuxSandboxSecurityContext.newBuilder().setNamespaceOptions(namespaces)))
            .build();
    String id =
        runtime()
            .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(config).build())
            .getPodSandboxId();
    return new Pod(id, config);
  }

  /** Starts a container in a pod; its id. */
  public String startContainer(Pod pod, String reference, String... command) {
    ContainerConfig config =
        ContainerConfig.newBuilder()
            .setMetadata(ContainerMetadata.newBuilder().setName("main"))
            .setImage(spec(reference))
            .addAllCommand(List.of(command))
            .setLinux(
                LinuxContainerConfig.newBuilder()
                    .setSecurityContext(
                        LinuxContainerSecurityContext.newBuilder()
                            .setNamespaceOptions(pod.namespaces())))
            .build();
    String id =
        runtime()
            .createContainer(
                CreateContainerRequest.newBuilder()
                    .setPodSandboxId(pod.id())
                    .setConfig(config)
                    .setSandboxConfig(pod.config())
                    .build())
            .getContainerId();
    var _ = runtime().startContainer(StartContainerRequest.newBuilder().setContainerId(id).build());
    return id;
  }

  /**
   * Runs a command in a container to its end.
   *
   * @return what it wrote to standard output
   * @throws IOException if its status isn't 0
   */
  public String exec(String container, String... command) throws IOException {
    ExecSyncResponse done =
        runtime()
            .execSync(
                ExecSyncRequest.newBuilder()
                    .setContainerId(container)
                    .addAllCmd(List.of(command))
                    .setTimeout(CALL_SECONDS)
                    .build());
    if (done.getExitCode() != 0) {
      throw new IOException(
          String.join(" ", command)
              + " has ended with "
              + done.getExitCode()
              + ": "
              + done.getStderr().toStringUtf8());
    }
    return done.getStdout().toString(StandardCharsets.UTF_8);
  }

  /** Ends a pod with its containers, and removes it. */
  public void removePod(Pod pod) {
    var _ =
        runtime()
            .stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(pod.id()).build());
    var _ =
        runtime()
            .removePodSandbox(
                RemovePodSandboxRequest.newBuilder().setPodSandboxId(pod.id()).build());
  }

  @Override
  public void close() {
    channel.shutdownNow();
    var _ = eventLoop.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
  }

  private RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime() {
    return RuntimeServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
  }

  private ImageServiceGrpc.ImageServiceBlockingStub images() {
    return ImageServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
  }

  private static ImageSpec spec(String reference) {
    return ImageSpec.newBuilder().setImage(reference).build();
  }
}
