package io.loadstar.rig;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * containerd's own command line client, {@code ctr}, for one namespace of a private containerd.
 * Immutable.
 *
 * @param programs whose {@code ctr} it is
 * @param directory the node's, for runc's state and the containers' output
 * @param socket containerd's
 * @param namespace containerd's word: images and containers of different ones don't see each other
 * @param options of each {@link #run}, beside those that are always needed
 */
public record Ctr(
    ContainerdPrograms programs,
    Path directory,
    Path socket,
    String namespace,
    List<String> options) {

  private static final Duration VIEW_LIMIT = Duration.ofSeconds(20);

  public Ctr {
    options = List.copyOf(options);
  }

  /** The same in another namespace. */
  public Ctr in(String other) {
    return new Ctr(programs, directory, socket, other, options);
  }

  /** The same, with its containers in user namespaces whose root is {@code uid} and {@code gid}. */
  public Ctr mapped(int uid, int gid) {
    return new Ctr(
        programs,
        directory,
        socket,
        namespace,
        List.of(
            "--uidmap",
            "0:" + uid + ":65536",
            "--gidmap",
            "0:" + gid + ":65536",
            "--remap-labels"));
  }

  /** A call of {@code ctr} with these words. */
  public Program call(String... words) {
    return client(programs.program("ctr")).with(List.of(words));
  }

  /** A call of {@code ctr-remote}, the peer's client, with these words. */
  public Program callRemote(String... words) {
    return client("ctr-remote").with(List.of(words));
  }

  private Program client(String name) {
    return Program.of(name, "--address", socket.toString(), "--namespace", namespace);
  }

  /** Takes an OCI layout's images into containerd's content store; nothing is unpacked. */
  public void importLayout(Path layout, String baseName)
      throws IOException, InterruptedException, TimeoutException {
    Path archive = directory.resolve("import.tar");
    Program.of("tar", "--create", "--file=" + archive, "--directory=" + layout, ".").output();
    call("images", "import", "--no-unpack", "--base-name", baseName, archive.toString()).output();
  }

  /** Pulls the ordinary way: every layer downloaded and unpacked before it returns. */
  public void pull(String snapshotter, String reference)
      throws IOException, InterruptedException, TimeoutException {
    List<String> line = new ArrayList<>(List.of("images", "pull", "--plain-http"));
    if (programs.isTwo()) {
      line.add("--local"); // else containerd's transfer service does it
    }
    line.addAll(List.of("--snapshotter", snapshotter, reference));
    call().with(line).output();
  }

  /**
   * Has containerd itself pull (its transfer service, containerd 2): it tells the snapshotter what
   * the layers are, if its configuration says so.
   */
  public void transfer(String snapshotter, String reference)
      throws IOException, InterruptedException, TimeoutException {
    call("images", "pull", "--plain-http", "--snapshotter", snapshotter, reference).output();
  }

  /** Removes an image, and with it what only it kept alive. */
  public void remove(String reference) throws IOException, InterruptedException, TimeoutException {
    call("images", "rm", "--sync", reference).output();
  }

  /**
   * A container that runs to its end and is removed.
   *
   * @param name the container's, of its own while it runs
   * @param words its command; none: the image's own
   */
  public Program run(String snapshotter, String reference, String name, String... words) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "run",
                "--rm",
                "--snapshotter",
                snapshotter,
                "--runc-root",
                directory.resolve("runc").toString(),
                "--fifo-dir",
                directory.resolve("fifo").toString(),
                // At the top: of one below the namespace's, runc would leave the parent behind.
                "--cgroup",
                "/" + directory.getFileName() + "-" + name));
    all.addAll(options);
    all.addAll(List.of(reference, name));
    all.addAll(List.of(words));
    return call().with(all);
  }

  /**
   * Mounts the file system of the one image that this namespace has for {@code snapshotter},
   * read-only, at {@code target}: a view of the snapshot on which no other stands. ({@code ctr
   * images mount} of 1.6 wants every layer's blob, which a lazy image doesn't have.)
   */
  public void mount(String snapshotter, Path target)
      throws IOException, InterruptedException, TimeoutException {
    String view = target.getFileName().toString();
    String top = top(snapshotter);
    // A view is made without a label and without a lease, so a garbage collection that is under way
    // may take it before the label comes.
    Deadline.await(
        VIEW_LIMIT,
        "a view that containerd keeps",
        () -> {
          snapshots(snapshotter, "view", view, top).output();
          return snapshots(snapshotter, "label", view, "containerd.io/gc.root=mounted")
                  .run()
                  .status()
              == 0;
        });
    String command = snapshots(snapshotter, "mounts", target.toString(), view).output();
    Program.shell(command).output();
  }

  /**
   * Makes an active snapshot over the one image that this namespace has for {@code snapshotter},
   * and mounts it at {@code target}.
   *
   * @param key the snapshot's, which nobody but the caller removes
   */
  public void mountActive(String snapshotter, String key, Path target)
      throws IOException, InterruptedException, TimeoutException {
    snapshots(snapshotter, "prepare", key, top(snapshotter)).output();
    Program.shell(snapshots(snapshotter, "mounts", target.toString(), key).output()).output();
  }

  /** Takes back what {@link #mount} did. */
  public void unmount(String snapshotter, Path target)
      throws IOException, InterruptedException, TimeoutException {
    Program.of("umount", target.toString()).output();
    snapshots(snapshotter, "rm", target.getFileName().toString()).output();
  }

  /** {@code ctr snapshots} of a snapshotter, with these words. */
  public Program snapshots(String snapshotter, String... words) {
    return call("snapshots", "--snapshotter", snapshotter).with(List.of(words));
  }

  /** A line of the list is the key, the parent if there is one, and the kind. */
  private String top(String snapshotter)
      throws IOException, InterruptedException, TimeoutException {
    List<String> keys = new ArrayList<>();
    List<String> parents = new ArrayList<>();
    for (String line : snapshots(snapshotter, "ls").output().lines().skip(1).toList()) {
      List<String> fields = List.of(line.strip().split("\\s+", -1));
      if (fields.getLast().equals("Committed")) {
        keys.add(fields.getFirst());
        parents.add(fields.size() == 3 ? fields.get(1) : "");
      }
    }
    keys.removeAll(parents);
    if (keys.size() != 1) {
      throw new IOException("expected one image in " + namespace + ", found tops " + keys);
    }
    return keys.getFirst();
  }
}
