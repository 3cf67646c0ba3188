package io.loadstar.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.linux.MountTable.Entry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MountTableTest {

  private static final String TABLE =
      """
      22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
      30 22 0:5 / /mnt rw master:1 propagate_from:2 - tmpfs tmpfs rw
      36 30 0:39 / /mnt/a ro,relatime shared:7 - fuse.loadstar load\\040star ro,allow_other
      37 30 0:40 / /mnt/ab rw - overlay overlay rw,lowerdir=/x
      38 36 0:41 / /mnt/a rw - tmpfs upper rw
      39 30 0:42 / /mnt/sp\\040ace\\011\\012\\134\\303\\251 rw - fuse x rw
      """;

  @Test
  void theUppermostIsSeen() throws IOException {
    MountTable table = MountTable.parse(TABLE);

    assertEquals(new Entry(0, 41, "/mnt/a", "tmpfs", "upper"), table.at(Path.of("/mnt/a")));
    assertNull(table.at(Path.of("/mnt/a/b")));
  }

  @Test
  void whatIsBelowADirectoryIsFoundByWholeNames() throws IOException {
    List<Entry> below = MountTable.parse(TABLE).below(Path.of("/mnt/a"));

    assertEquals(List.of(39, 41), below.stream().map(Entry::minor).toList());
    assertEquals(6, MountTable.parse(TABLE).below(Path.of("/")).size());
  }

  @Test
  void escapesAreUndone() throws IOException {
    MountTable table = MountTable.parse(TABLE);

    assertEquals("load star", table.entries().get(2).source());
    assertEquals("/mnt/sp ace\t\n\\é", table.entries().get(5).mountPoint());
  }

  @Test
  void fuseIsTold() throws IOException {
    List<Entry> entries = MountTable.parse(TABLE).entries();

    assertEquals(
        List.of(39, 42), entries.stream().filter(Entry::isFuse).map(Entry::minor).toList());
  }

  @Test
  void linesThatTheKernelDoesNotWriteAreRefused() {
    for (String line :
        new String[] {
          "x", "1 2 3:4 / /mnt rw -", "1 2 34 / /mnt rw - a b c", "1 2 a:b / /m r - t s"
        }) {
      assertThrows(IOException.class, () -> MountTable.parse(line), line);
    }
  }

  @Test
  void thisMachinesOwnIsRead() throws IOException {
    assertNotNull(MountTable.read().at(Path.of("/proc")));
  }

  @Test
  void refusalsCarryTheirErrno() {
    ErrnoException e =
        assertThrows(
            ErrnoException.class, () -> Libc.get().open(Path.of("/no/such/thing"), Libc.O_RDWR));

    assertEquals(Errno.ENOENT, e.errno());
    assertEquals("open /no/such/thing: ENOENT", e.getMessage());
    assertTrue(Errno.name(9999).contains("9999"));
  }
}
