package io.loadstar.e2e;

import io.loadstar.rig.Prerequisites;
import io.loadstar.rig.PrivateNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A node for the tests of one class, ended after the last of them. */
final class NodeExtension implements BeforeAllCallback, AfterAllCallback {

  private final String configuration;
  private @Nullable PrivateNode node;

  /**
   * @param configuration the snapshotter's, in TOML
   */
  NodeExtension(String configuration) {
    this.configuration = configuration;
  }

  PrivateNode node() {
    if (node == null) {
      throw new IllegalStateException("no node was started");
    }
    return node;
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    Prerequisites.missing().ifPresent(reason -> Assumptions.abort("skipped: " + reason));
    node = PrivateNode.start(configuration);
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    if (node != null) {
      node.close();
    }
  }
}
