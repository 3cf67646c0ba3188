package io.loadstar.benchmark;

import io.loadstar.transport.FuseMount;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.MountSpec;
import io.loadstar.transport.MountSpec.Passthrough;
import io.loadstar.transport.jnr.JnrFuseTransport;
import io.loadstar.transport.kernel.KernelFuseTransport;
import io.loadstar.transport.kernel.KernelOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A {@link StoredLayer} mounted and unmounted as it is told: what {@code bin/benchmark-mounts}
 * measures. Not thread-safe.
 *
 * <p>{@code MountedTree build TREE WORK} makes the layer; {@code MountedTree serve WORK MOUNTPOINT
 * TRANSPORT} obeys the lines "mount" and "unmount" and says when it has.
 */
public final class MountedTree {

  private static final int MAX_THREADS = 64;

  private final StoredLayer layer;
  private final FuseTransport transport;
  private final MountSpec spec;

  private MountedTree(StoredLayer layer, FuseTransport transport, MountSpec spec) {
    this.layer = layer;
    this.transport = transport;
    this.spec = spec;
  }

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("build")) {
      StoredLayer.build(Path.of(arguments[1]), Path.of(arguments[2]));
      return;
    }
    Path work = Path.of(arguments[1]);
    Path mountPoint = Path.of(arguments[2]);
    MountSpec spec = new MountSpec(mountPoint, "benchmark", MAX_THREADS, passthrough(arguments[3]));
    try (StoredLayer layer =
        StoredLayer.open(work, work.resolve("content-" + mountPoint.getFileName()))) {
      new MountedTree(layer, transport(arguments[3]), spec).obey();
    }
  }

  private static FuseTransport transport(String name) {
    return switch (name) {
      case "kernel", "passthrough" -> new KernelFuseTransport(KernelOptions.DEFAULT);
      case "jnr" -> new JnrFuseTransport();
      default -> throw new IllegalArgumentException("no such transport: " + name);
    };
  }

  private static Passthrough passthrough(String name) {
    return name.equals("passthrough") ? Passthrough.WHOLE_FILES : Passthrough.NONE;
  }

  private void obey() throws IOException {
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    say("ready");
    FuseMount mount = null;
    String order = orders.readLine();
    while (order != null) {
      if (order.equals("mount")) {
        mount = transport.mount(layer.fileSystem(), spec);
      } else if (mount != null) {
        mount.close();
        mount = null;
      }
      say(order + "ed");
      order = orders.readLine();
    }
    if (mount != null) {
      mount.close();
    }
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
