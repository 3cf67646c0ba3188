package io.loadstar.rig;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** A unix domain socket, from outside. */
public final class UnixSocket {

  private UnixSocket() {}

  /** Whether somebody listens at {@code path}. */
  public static boolean answers(Path path) {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      return channel.isConnected();
    } catch (IOException e) {
      return false;
    }
  }
}
