package io.loadstar.containerd;

import io.loadstar.containerd.ContainerdException.Code;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Whether somebody listens at a unix socket, and if not, why. Asked once before the channel is
 * made, since the channel would report every reason in the same words.
 */
final class SocketAccess {

  private static final String REMEDY_START = "is containerd running? (--address)";

  private SocketAccess() {}

  static void check(Path socket) throws ContainerdException {
    try {
      Files.readAttributes(socket, "unix:mode");
    } catch (NoSuchFileException e) {
      throw unreachable(socket, "no such file; " + REMEDY_START, e);
    } catch (AccessDeniedException e) {
      throw denied(socket, e);
    } catch (IOException e) {
      throw unreachable(socket, e.getMessage() + "; check the path (--address)", e);
    }
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      channel.finishConnect();
    } catch (IllegalArgumentException | IOException e) {
      // The platform has no type for "permission denied" here, so the file is asked.
      throw Files.isWritable(socket)
          ? unreachable(socket, e.getMessage() + "; " + REMEDY_START, e)
          : denied(socket, e);
    }
  }

  private static ContainerdException unreachable(Path socket, String why, Exception cause) {
    return new ContainerdException(
        Code.UNREACHABLE, "containerd isn't reachable at " + socket + ": " + why, cause);
  }

  private static ContainerdException denied(Path socket, Exception cause) {
    return new ContainerdException(
        Code.PERMISSION_DENIED,
        "containerd isn't reachable at " + socket + ": permission denied; run as root",
        cause);
  }
}
