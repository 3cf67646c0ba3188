package io.loadstar.containerd;

import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;

/** containerd's services over one connection. Immutable and thread-safe. */
public final class Services {

  private final Channel channel;

  Services(Channel channel) {
    this.channel = channel;
  }

  Channel channel() {
    return channel;
  }

  Services with(ClientInterceptor interceptor) {
    return new Services(ClientInterceptors.intercept(channel, interceptor));
  }

  /** Blobs, by digest. */
  public Content content() {
    return new Content(channel);
  }

  /** What keeps things alive while an image is put together. */
  public Leases leases() {
    return new Leases(channel);
  }

  /** Names of images. */
  public Images images() {
    return new Images(channel);
  }

  /**
   * Layers as directories.
   *
   * @param snapshotter the snapshotter that is spoken to, as containerd's configuration calls it
   */
  public Snapshots snapshots(String snapshotter) {
    return new Snapshots(channel, snapshotter);
  }

  /** Unpacking of layers. */
  public Diffs diffs() {
    return new Diffs(channel);
  }

  /** What is to run. */
  public Containers containers() {
    return new Containers(channel);
  }

  /** What runs. */
  public Tasks tasks() {
    return new Tasks(channel);
  }

  /** The namespaces of this containerd. */
  public Namespaces namespaces() {
    return new Namespaces(channel);
  }

  /** What this containerd is and which plugins it has. */
  public Introspection introspection() {
    return new Introspection(channel);
  }
}
