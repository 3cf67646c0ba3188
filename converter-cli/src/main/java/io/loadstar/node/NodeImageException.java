package io.loadstar.node;

import io.loadstar.containerd.ContainerdException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An image that containerd doesn't have, or that it can't be asked for; one line for a person. */
public final class NodeImageException extends IOException {

  private static final long serialVersionUID = 1;

  NodeImageException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  static NodeImageException of(ContainerdException cause) {
    return new NodeImageException(String.valueOf(cause.getMessage()), cause);
  }
}
