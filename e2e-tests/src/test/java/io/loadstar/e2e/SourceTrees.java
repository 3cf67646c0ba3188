package io.loadstar.e2e;

import io.loadstar.rig.Program;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeoutException;

/** Trees with one of everything that a layer can hold, to be packed and stacked. */
final class SourceTrees {

  private SourceTrees() {}

  /** Files of every kind and size. */
  static void lower(Path root) throws IOException, InterruptedException, TimeoutException {
    build(
        root,
        """
        mkdir -p dir/sub/deep empty opaque many
        head -c 1 /dev/urandom >dir/one
        head -c 4095 /dev/urandom >dir/page-less
        head -c 4096 /dev/urandom >dir/page
        head -c 4194303 /dev/urandom >dir/chunk-less
        head -c 4194304 /dev/urandom >dir/chunk
        head -c 4194305 /dev/urandom >dir/chunk-more
        head -c 9437184 /dev/zero >dir/zeros
        : >dir/nothing
        seq 1 100000 >dir/text
        for i in $(seq 1 500); do echo $i >many/file-$i; done
        ln dir/one dir/sub/hardlink-to-one
        ln dir/one hardlink-at-root
        ln -s one dir/link
        ln -s /absolute/target/that/is/missing dangling
        ln -s "$(head -c 300 /dev/zero | tr '\\0' l)" long-link
        mknod char c 1 3
        mknod block b 7 200
        mknod big-char c 259 1048575
        mkfifo fifo
        install -m 4755 dir/page suid
        install -m 2755 dir/page sgid
        mkdir -m 1777 sticky
        install -m 0000 dir/one unreadable
        echo owned >owned; chown 1234:5678 owned
        echo owned >far; chown 2000000000:2000000001 far
        chown -h 12:34 dir/link
        setfattr -n user.text -v hello dir/one
        setfattr -n user.binary -v 0x00ff0a00 dir/page
        setfattr -n user.empty dir/page
        setfattr -n user.of.directory -v yes dir/sub
        setfattr -n trusted.own -v 0x01 dir/text
        setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 suid
        echo u >'Grüße, 世界 🚀'
        echo s >' leading and trailing '
        echo q >'quote" back\\slash $dollar'
        echo n >"$(printf 'line\\nbreak')"
        echo l >"$(head -c 255 /dev/zero | tr '\\0' n)"
        d=dir/sub/deep; for i in 1 2 3 4 5 6; do d=$d/$(head -c 60 /dev/zero | tr '\\0' $i); done
        mkdir -p $d; echo deep >$d/file
        echo gone >removed; mkdir removed-dir; echo gone >removed-dir/file
        echo old >opaque/old; mkdir opaque/old-dir; echo old >opaque/old-dir/file
        echo lower >replaced; mkdir file-over-dir; echo x >file-over-dir/x
        echo dir-over-file >dir-over-file
        echo twice >twice
        """);
  }

  /** Takes away, replaces, and makes a directory opaque. */
  static void middle(Path root) throws IOException, InterruptedException, TimeoutException {
    build(
        root,
        """
        mkdir -p opaque dir dir-over-file
        : >.wh.removed; : >.wh.removed-dir; : >.wh.twice
        : >opaque/.wh..wh..opq; echo new >opaque/new
        echo middle >replaced
        echo file >file-over-dir
        echo in >dir-over-file/in
        : >dir/.wh.text
        chmod 750 dir; chown 7:8 dir
        """);
  }

  /** Adds again what was taken away. */
  static void upper(Path root) throws IOException, InterruptedException, TimeoutException {
    build(
        root,
        """
        mkdir -p opaque removed-dir many
        echo back >twice
        echo upper >removed-dir/other
        : >opaque/.wh.nothing-there
        echo newer >opaque/newer
        for i in $(seq 1 2 499); do : >many/.wh.file-$i; done
        ln -s other removed-dir/link
        """);
  }

  /**
   * Whether a difference is one that the format makes: its own files, which an unpacking that isn't
   * lazy shows in the root.
   */
  static boolean isFormatOwn(String difference) {
    return difference.equals("too many: stargz.index.json")
        || difference.equals("too many: .no.prefetch.landmark")
        || difference.equals("too many: .prefetch.landmark");
  }

  /** Times are whole seconds: a TOC holds no more (RFC 3339 without fraction). */
  private static void build(Path root, String script)
      throws IOException, InterruptedException, TimeoutException {
    Program.shell(
            "set -e; umask 022; cd '%s'\n%s\n".formatted(root, script)
                + "n=1500000000; find . -depth -print0 | while IFS= read -r -d '' f; do"
                + " n=$((n + 1)); touch --no-dereference --date=@$n \"$f\"; done")
        .where("LC_ALL", "C.UTF-8")
        .output();
  }
}
