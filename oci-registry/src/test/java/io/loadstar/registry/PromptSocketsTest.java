package io.loadstar.registry;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;

final class PromptSocketsTest {

  @Test
  void whatIsWrittenWaitsForNoAcknowledgement() throws Exception {
    for (PromptSockets sockets :
        new PromptSockets[] {
          PromptSockets.plain(),
          PromptSockets.toSecureProxy(SSLContext.getDefault().getSocketFactory())
        }) {
      try (Socket socket = sockets.createSocket()) {
        assertTrue(socket.getTcpNoDelay());
      }
    }
  }

  @Test
  void aConnectedOneIsPromptToo() throws IOException {
    InetAddress here = InetAddress.getLoopbackAddress();
    try (ServerSocket server = new ServerSocket(0, 1, here);
        Socket socket = PromptSockets.plain().createSocket(here, server.getLocalPort())) {
      assertTrue(socket.getTcpNoDelay());
    }
  }
}
