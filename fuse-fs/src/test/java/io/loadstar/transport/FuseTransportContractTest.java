package io.loadstar.transport;

import static io.loadstar.fs.ReadOnlyFileSystem.ROOT;
import static io.loadstar.transport.MemoryFileSystem.S_IFBLK;
import static io.loadstar.transport.MemoryFileSystem.S_IFCHR;
import static io.loadstar.transport.MemoryFileSystem.S_IFIFO;
import static io.loadstar.transport.MemoryFileSystem.content;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What any transport must show of a tree: its entries, names, attributes and bytes. */
public abstract class FuseTransportContractTest extends MountingTest {

  private final MemoryFileSystem files = new MemoryFileSystem();

  @Test
  void everyKindOfEntryIsShownAsItIs() throws IOException {
    long directory = files.directory(ROOT, "directory");
    files.directory(directory, "inner");
    files.owner(directory, 1000, 65_534);
    files.owner(files.file(ROOT, "file", "content"), 0x7fff_fff0, 5);
    files.symlink(ROOT, "link", "directory/../file");
    files.special(ROOT, "character", S_IFCHR | 0620, 4095, 0xf_ffff);
    files.special(ROOT, "block", S_IFBLK | 0660, 7, 300);
    files.special(ROOT, "fifo", S_IFIFO | 0600, 0, 0);
    mount(files);

    assertEquals(
        """
        character|character special file|620|0|0|0|1|6|fff:fffff
        block|block special file|660|0|0|0|1|7|7:12c
        directory|directory|755|1000|65534|0|3|2|0:0
        fifo|fifo|600|0|0|0|1|8|0:0
        file|regular file|644|2147483632|5|7|1|4|0:0
        link|symbolic link|777|0|0|17|1|5|0:0\
        """,
        sh(
            "cd $M && stat -c '%n|%F|%a|%u|%g|%s|%h|%i|%t:%T' character block directory fifo file"
                + " link"));
    assertEquals("directory/../file", sh("readlink $M/link"));
    assertEquals("content", sh("cat $M/link"));
    assertEquals("2001-09-09 01:46:40.123456789 +0000", sh("TZ=UTC stat -c %y $M/file"));
    assertEquals("1", sh("stat -c %i $M"));
  }

  @Test
  void hardlinksShareTheirInode() throws IOException {
    long file = files.file(ROOT, "one", "shared");
    files.link(files.directory(ROOT, "directory"), "two", file);
    mount(files);

    assertEquals(file + " 2\n" + file + " 2", sh("stat -c '%i %h' $M/one $M/directory/two"));
    assertEquals("shared", sh("cat $M/directory/two"));
    assertTrue(sh("ls -i $M/directory").startsWith(file + " "));
  }

  @Test
  void namesAreBytes() throws IOException {
    String longest = "n".repeat(255);
    files.file(ROOT, longest, "longest");
    files.file(ROOT, "Grüße 日本語 🚀", "unicode");
    files.file(ROOT, " \t\n\\*?\"'$", "odd");
    files.file(ROOT, "caf\u00e9".getBytes(ISO_8859_1), 0644, content("latin".getBytes(UTF_8)));
    mount(files);

    assertEquals("longest", sh("cat $M/" + longest));
    assertEquals("unicode", sh("cat \"$M/Grüße 日本語 🚀\""));
    assertEquals("odd", sh("cat \"$(printf '%s/ \\t\\n\\\\*?\"'\"'\"'$' \"$M\")\""));
    assertEquals("latin", sh("cat \"$(printf '%s/caf\\351' $M)\""));
    assertEquals("4", sh("find $M -type f -print0 | tr -dc '\\0' | wc -c"));
    assertNotEquals(0, run("cat $M/" + longest + "n").status());
  }

  @Test
  void deepPathsAreWalked() throws IOException {
    long directory = ROOT;
    for (int depth = 0; depth < 600; depth++) {
      directory = files.directory(directory, "directory" + depth);
    }
    files.file(directory, "bottom", "deep");
    mount(files);

    // The whole path is longer than PATH_MAX, so it is only reached step by step.
    assertEquals("deep", sh("find $M -name bottom -execdir cat {} +"));
    String part = IntStream.range(0, 290).mapToObj(i -> "directory" + i).collect(joining("/"));
    assertEquals("directory290", sh("ls $M/" + part));
  }

  @Test
  void absentNamesAreAbsentAgainAndAgain() throws IOException {
    files.file(files.directory(ROOT, "directory"), "file", "");
    mount(files);

    for (String path : new String[] {"no", "directory/no", "no/no", "directory/file/no", "no"}) {
      assertNotEquals(0, run("stat $M/" + path).status(), path);
    }
    assertTrue(run("cat $M/directory/file/no").output().contains("Not a directory"));
  }

  @Test
  void aBigDirectoryIsListedOnceAndWhole() throws IOException {
    int count = bounded("files in one directory", 20_000, 100_000);
    long big = files.directory(ROOT, "big");
    for (int i = 0; i < count; i++) {
      files.file(big, "some-rather-ordinary-name-" + i, "");
    }
    mount(files);

    assertEquals(count + 2, Integer.parseInt(sh("ls -f $M/big | wc -l")));
    assertEquals(count, Integer.parseInt(sh("ls -U $M/big | sort -u | wc -l")));
    assertEquals(count, Integer.parseInt(sh("find $M/big -type f | wc -l")));
    sh("stat $M/big/some-rather-ordinary-name-" + (count - 1));
  }

  @Test
  void listingTellsTypesAndNumbers() throws IOException {
    long directory = files.directory(ROOT, "d");
    long link = files.symlink(directory, "l", "x");
    long device = files.special(directory, "c", S_IFCHR | 0600, 1, 3);
    mount(files);

    assertEquals(
        "c " + device + "\nd " + directory + "\nl " + link,
        sh("cd $M; find d -printf '%y %i\\n' | sort"));
    assertEquals("1\n" + directory, sh("ls -fi $M/d | awk '$2 ~ /^\\.+$/ {print $1}' | sort -n"));
  }

  @Test
  void extendedAttributesAreReadable() throws IOException {
    assumeCommand("getfattr");
    byte[] binary = new byte[300];
    new Random(1).nextBytes(binary);
    long file = files.file(ROOT, "file", "");
    files.xattr(file, "user.binary", binary);
    files.xattr(file, "user.empty", new byte[0]);
    files.xattr(
        file,
        "security.capability",
        new byte[] {0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    files.xattr(file, "trusted.overlay.opaque", new byte[] {'y'});
    files.file(ROOT, "plain", "");
    mount(files);

    assertEquals(
        "security.capability=0x0000000201"
            + "00".repeat(15)
            + "\n"
            + "trusted.overlay.opaque=0x79\n"
            + "user.binary=0x"
            + HexFormat.of().formatHex(binary)
            + "\nuser.empty=0x",
        sh("getfattr --absolute-names -d -m - -e hex $M/file | grep = | sort"));
    assertEquals("", sh("getfattr -d -m - $M/plain"));
    assertTrue(run("getfattr -n user.none $M/file").output().contains("No such attribute"));
  }

  @Test
  void anExtendedAttributeNeedsRoom() throws IOException {
    files.xattr(files.file(ROOT, "file", ""), "user.x", new byte[100]);
    mount(files);

    assertEquals("100", sh(MountProbe.command() + " getxattr $M/file user.x 0"));
    assertEquals("ERANGE", sh(MountProbe.command() + " getxattr $M/file user.x 99"));
    assertEquals("100", sh(MountProbe.command() + " getxattr $M/file user.x 100"));
    assertEquals("ENODATA", sh(MountProbe.command() + " getxattr $M/file user.y 100"));
  }

  @Test
  void totalsAreShown() throws IOException {
    files.file(ROOT, "file", "x".repeat(10_000));
    mount(files);

    assertEquals("4096 3 0 2 0 255", sh("stat -f -c '%S %b %f %c %d %l' $M"));
  }

  @Test
  void bytesAreTheFilesBytesWhereverTheyAreRead() throws IOException {
    long seed = new Random().nextLong();
    System.out.println("bytesAreTheFilesBytesWhereverTheyAreRead: seed " + seed);
    byte[] bytes = new byte[(8 << 20) + 13];
    new Random(seed).nextBytes(bytes);
    files.file(ROOT, "file".getBytes(UTF_8), 0644, content(bytes));
    Path reference = Files.write(newDirectory("reference").resolve("file"), bytes);
    mount(files);

    String probe = MountProbe.command();
    assertEquals("same", sh(probe + " read $M/file " + reference + " " + seed));
    assertEquals("same", sh(probe + " map $M/file " + reference));
    sh("cmp $M/file " + reference);
    sh("echo 3 > /proc/sys/vm/drop_caches; cat $M/file | cmp - " + reference);
  }

  @Test
  void manyReadersAtOnceGetTheirOwnBytes() throws IOException {
    Path reference = newDirectory("reference");
    Random random = new Random(2);
    for (int i = 0; i < 300; i++) {
      byte[] bytes = new byte[random.nextInt(200_000)];
      random.nextBytes(bytes);
      files.file(ROOT, ("file" + i).getBytes(UTF_8), 0644, content(bytes));
      Files.write(reference.resolve("file" + i), bytes);
    }
    mount(files);

    String sums = "find . -type f | xargs -P 8 -n 20 sha256sum | sort";
    assertEquals(sh("cd " + reference + "; " + sums), sh("cd $M; " + sums));
  }

  @Test
  void programsRunAndSetUserIdIsHonoured() throws IOException {
    assumeCommand("setpriv");
    byte[] program = Files.readAllBytes(Path.of("/usr/bin/id"));
    files.file(ROOT, "suid".getBytes(UTF_8), 04755, content(program));
    files.file(ROOT, "plain".getBytes(UTF_8), 0755, content(program));
    mount(files);

    String nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups ";
    assertEquals("65534", sh(nobody + "$M/plain -u"));
    assertEquals("0", sh(nobody + "$M/suid -u"));
  }

  @Test
  void othersMayLookAndTheKernelChecksPermissions() throws IOException {
    assumeCommand("setpriv");
    files.file(ROOT, "open", "for all");
    files.file(ROOT, "secret".getBytes(UTF_8), 0600, content(new byte[] {'x'}));
    mount(files);

    String nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups ";
    assertEquals("for all", sh(nobody + "cat $M/open"));
    assertTrue(run(nobody + "cat $M/secret").output().contains("Permission denied"));
  }

  @Test
  void devicesWork() throws IOException {
    files.special(ROOT, "zero", S_IFCHR | 0666, 1, 5);
    files.special(ROOT, "null", S_IFCHR | 0666, 1, 3);
    mount(files);

    assertEquals("00 00 00 00", sh("head -c 4 $M/zero | od -An -tx1"));
    sh("echo gone > $M/null");
  }

  @Test
  void nothingCanBeChangedEvenWhenRemounted() throws IOException {
    assumeCommand("setfattr");
    files.file(ROOT, "file", "kept");
    files.directory(ROOT, "directory");
    mount(files);

    for (int round = 0; round < 2; round++) {
      for (String change :
          new String[] {
            "touch $M/new",
            "echo x | dd of=$M/file oflag=append conv=notrunc",
            "rm $M/file",
            "mkdir $M/newdirectory",
            "rmdir $M/directory",
            "mv $M/file $M/moved",
            "ln $M/file $M/second",
            "ln -s x $M/link",
            "chmod 600 $M/file",
            "chown 1 $M/file",
            "truncate -s 0 $M/file",
            "setfattr -n user.a -v b $M/file"
          }) {
        Outcome outcome = run(change);
        assertNotEquals(0, outcome.status(), change);
        assertTrue(outcome.output().contains("Read-only file system"), outcome.output());
      }
      sh("mount -i -o remount,rw $M");
    }
    assertEquals("kept", sh("cat $M/file"));
  }

  @Test
  void whatFailsIsAnInputOutputErrorAndNothingElse() throws IOException {
    assumeCommand("getfattr");
    files.breakDown(files.file(ROOT, "file", "unreadable"));
    files.breakDown(files.directory(ROOT, "directory"));
    files.breakDown(files.symlink(ROOT, "link", "x"));
    files.file(ROOT, "sound", "readable");
    FuseMount mount = mount(files);

    for (String access :
        new String[] {
          "cat $M/file", "ls $M/directory", "stat $M/directory/x", "getfattr -n user.a $M/file"
        }) {
      assertTrue(run(access).output().contains("Input/output error"), access);
    }
    assertNotEquals(0, run("readlink $M/link").status());
    assertEquals("readable", sh("cat $M/sound"));
    assertTrue(mount.isAlive());
  }
}
