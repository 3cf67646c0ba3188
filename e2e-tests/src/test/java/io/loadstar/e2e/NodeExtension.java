package io.loadstar.e2e;

import io.loadstar.rig.ContainerdPrograms;
import io.loadstar.rig.Prerequisites;
import io.loadstar.rig.PrivateNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.opentest4j.TestAbortedException;

/** A node for the tests of one class, ended after the last of them. */
final class NodeExtension implements BeforeAllCallback, AfterAllCallback {

  private final String configuration;
  private final @Nullable String suite;
  private @Nullable PrivateNode node;

  /**
   * @param configuration the snapshotter's, in TOML
   */
  NodeExtension(String configuration) {
    this(configuration, null);
  }

  private NodeExtension(String configuration, @Nullable String suite) {
    this.configuration = configuration;
    this.suite = suite;
  }

  /**
   * With the containerd of a newer Debian.
   *
   * @param suite Debian's name for it
   */
  static NodeExtension ofDebian(String suite, String configuration) {
    return new NodeExtension(configuration, suite);
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
    ContainerdPrograms programs =
        suite == null
            ? ContainerdPrograms.installed()
            : ContainerdPrograms.ofDebian(suite)
                .orElseThrow(() ->
                    new TestAbortedException(
                        "skipped: needs containerd of Debian's "
                            + suite
                            + ", which bin/test fetches where there is a mirror"));
    node = PrivateNode.start(new PrivateNode.Setting(configuration, Map.of(), Map.of(), programs));
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    if (node != null) {
      node.close();
    }
  }
}
