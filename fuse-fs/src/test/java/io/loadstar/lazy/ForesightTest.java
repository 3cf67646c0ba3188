package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.ByteRange;
import io.loadstar.cache.DiskContentStore;
import io.loadstar.cache.Quota;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.TocEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is fetched before a program that starts asks for it. */
final class ForesightTest extends LazyTestNode {

  private static final String LIBRARIES = "usr/lib/x86_64-linux-gnu/";

  /** No two have the same content, which would be one object. */
  private TestElf elf() {
    return new TestElf().filler(randomBytes(100));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static @Nullable ElfNeeds parsed(byte[] file) throws IOException {
    return ElfNeeds.of((offset, destination) -> {
      int from = (int) Math.min(offset, file.length);
      destination.put(file, from, Math.min(destination.remaining(), file.length - from));
    });
  }

  private static LazyLayer begun(LazyLayer layer) {
    layer.prefetch(HeadStart.NONE).join();
    return layer;
  }

  /** Which files some requests brought. */
  private static List<String> brought(TestLayer layer, TestBlobSource source) {
    List<ByteRange> asked = source.requests();
    List<String> names = new ArrayList<>();
    for (String path : layer.files().keySet()) {
      ByteRange member = layer.member(path, 0);
      if (asked.stream().anyMatch(r -> r.offset() <= member.offset() && member.end() <= r.end())) {
        names.add(path);
      }
    }
    return names;
  }

  @Test
  void whatAProgramNeedsComesBeforeItIsAskedFor() throws Exception {
    TestLayer layer =
        TestLayer.builder()
            .file("etc/other", randomBytes(1000))
            .file(LIBRARIES + "libc.so.6", elf().bytes())
            .file("usr/share/other", randomBytes(1000))
            .file("opt/app/libown.so", elf().needs("libc.so.6").bytes())
            .file("usr/share/more", randomBytes(1000))
            .file("lib64/ld.so", elf().bytes())
            .file(
                "opt/app/run",
                elf()
                    .interpreter("/lib64/ld.so")
                    .needs("libown.so")
                    .needs("libnowhere.so")
                    .runpath("/nowhere:/opt/app")
                    .bytes())
            .build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = begun(open(layer, source))) {
      Reading.read(lazy, layer.file("opt/app/run"), 0, 100);
      Reading.until(() -> brought(layer, source).size() == 4);
      settle();
      assertEquals(
          List.of(LIBRARIES + "libc.so.6", "opt/app/libown.so", "lib64/ld.so", "opt/app/run"),
          brought(layer, source));
    }
  }

  @Test
  void aScriptsProgramsComeFromAllLayersOfItsImage() throws Exception {
    TestLayer base =
        TestLayer.builder()
            .file("usr/bin/bash", elf().needs("libtinfo.so.6").bytes())
            .file("usr/share/other", randomBytes(1000))
            .file(LIBRARIES + "libtinfo.so.6.4", elf().bytes())
            .row(TocEntry.of("bin", EntryType.SYMLINK).linkName("usr/bin"))
            .row(
                TocEntry.of(LIBRARIES + "libtinfo.so.6", EntryType.SYMLINK)
                    .linkName("libtinfo.so.6.4"))
            .build();
    TestLayer top =
        TestLayer.builder()
            .file("usr/bin/server", elf().bytes())
            .file("usr/bin/unused", elf().bytes())
            .file("run", text("#!/bin/bash -e\n# unused\nif true; then X=1 exec server -v; fi\n"))
            .build();
    TestBlobSource below = base.source();
    TestBlobSource above = top.source();
    try (LazyLayer lower = begun(node.open(base.content(below), DOMAIN, "image"));
        LazyLayer upper = begun(node.open(top.content(above), DOMAIN, "image"))) {
      Reading.read(upper, top.file("run"), 0, 10);
      Reading.until(() -> brought(base, below).size() == 2 && brought(top, above).size() == 2);
      settle();
      assertEquals(List.of("usr/bin/bash", LIBRARIES + "libtinfo.so.6.4"), brought(base, below));
      assertEquals(List.of("usr/bin/server", "run"), brought(top, above));
      assertEquals(0, lower.report().served().waits());
    }
  }

  @Test
  void whatAnImagesContainersRunComesBeforeTheyAreThere() throws Exception {
    TestLayer base =
        TestLayer.builder()
            .file("bin/sh", elf().needs("libc.so.6").bytes())
            .file("usr/share/other", randomBytes(1000))
            .file(LIBRARIES + "libc.so.6", elf().bytes())
            .build();
    TestLayer top =
        TestLayer.builder()
            .file("opt/bin/server", elf().bytes())
            .file("etc/other", randomBytes(1000))
            .file("start", text("#!/bin/sh\nexec \"$@\"\n"))
            .file("opt/unused", elf().bytes())
            .file("etc/server.conf", text("port 1"))
            .build();
    TestBlobSource below = base.source();
    TestBlobSource above = top.source();
    ProgramStart start =
        new ProgramStart(
            List.of("/start"),
            List.of("server", "--config", "/etc/server.conf"),
            List.of("/opt/bin"));
    node.expectStart("image", start); // which isn't here, and is left alone
    try (LazyLayer lower = begun(node.open(base.content(below), DOMAIN, "image"));
        LazyLayer upper = begun(node.open(top.content(above), DOMAIN, "image"))) {
      settle();
      assertEquals(List.of(), brought(top, above));
      node.expectStart("image", start);
      Reading.until(() -> brought(base, below).size() == 2 && brought(top, above).size() == 3);
      settle();
      assertEquals(List.of("bin/sh", LIBRARIES + "libc.so.6"), brought(base, below));
      assertEquals(List.of("opt/bin/server", "start", "etc/server.conf"), brought(top, above));
      assertEquals(0, lower.report().served().waits() + upper.report().served().waits());
    }
  }

  private static final String LIB = "usr/lib/python3.11/";
  private static final String PACKAGES = "usr/lib/python3/dist-packages/";

  /** A module and its text, which nobody needs. */
  private TestLayer.Builder module(TestLayer.Builder builder, String path, String... imports) {
    int name = path.lastIndexOf('/') + 1;
    List<String> names = new ArrayList<>(List.of(imports));
    names.add(path); // which makes it another object than others
    return builder
        .file(path + ".py", randomBytes(1000))
        .file(
            path.substring(0, name) + "__pycache__/" + path.substring(name) + ".cpython-311.pyc",
            TestModule.importing(names.toArray(String[]::new)));
  }

  private static List<String> modulesOf(List<String> paths) {
    return paths.stream()
        .map(path -> path.replace("__pycache__/", "").replace(".cpython-311", ""))
        .toList();
  }

  /** An interpreter's library, and a package with an extension. */
  private TestLayer python() {
    TestLayer.Builder builder =
        TestLayer.builder()
            .file("usr/bin/python3.11", elf().bytes())
            .file("usr/lib/libfast.so.1", elf().bytes());
    module(builder, LIB + "encodings/__init__", "codecs");
    module(builder, LIB + "codecs");
    module(builder, PACKAGES + "other/__init__", "os");
    module(builder, PACKAGES + "big/__init__", "sub", "util.deep", "codecs");
    module(builder, PACKAGES + "big/sub/__init__", "_fast");
    module(builder, PACKAGES + "big/sub/beside");
    builder.file(
        PACKAGES + "big/sub/_fast.cpython-311-x86_64-linux-gnu.so",
        elf().needs("libfast.so.1").bytes());
    module(builder, PACKAGES + "big/tests/__init__", "big");
    module(builder, PACKAGES + "big/util/__init__");
    module(builder, PACKAGES + "big/util/deep", "big.far.x");
    module(builder, PACKAGES + "big/far/__init__");
    builder.file(PACKAGES + "big/far/x.py", text("import other\n"));
    return builder.build();
  }

  @Test
  void whatAnInterpreterWillImportComesBeforeItIsAskedFor() throws Exception {
    TestLayer layer = python();
    TestBlobSource source = layer.source();
    String first = PACKAGES + "big/__pycache__/__init__.cpython-311.pyc";
    List<String> begins = List.of("usr/bin/python3.11", LIB + "encodings/__init__.pyc");
    try (LazyLayer lazy = begun(node.open(layer.content(source), DOMAIN, "image"))) {
      node.expectStart(
          "image", new ProgramStart(List.of("/usr/bin/python3.11"), List.of(), List.of()));
      Reading.until(() -> modulesOf(brought(layer, source)).contains(LIB + "codecs.pyc"));
      settle();
      assertEquals(
          List.of(begins.getFirst(), begins.getLast(), LIB + "codecs.pyc"),
          modulesOf(brought(layer, source)));
      Reading.read(lazy, layer.file(first), 0, 10);
      Reading.until(() -> brought(layer, source).size() == 13);
      settle();
      assertEquals(
          List.of(
              begins.getFirst(),
              "usr/lib/libfast.so.1",
              begins.getLast(),
              LIB + "codecs.pyc",
              PACKAGES + "other/__init__.pyc",
              PACKAGES + "big/__init__.pyc",
              PACKAGES + "big/sub/__init__.pyc",
              PACKAGES + "big/sub/beside.pyc",
              PACKAGES + "big/sub/_fast-x86_64-linux-gnu.so",
              PACKAGES + "big/util/__init__.pyc",
              PACKAGES + "big/util/deep.pyc",
              PACKAGES + "big/far/__init__.pyc",
              PACKAGES + "big/far/x.py"),
          modulesOf(brought(layer, source)));
      assertEquals(1, lazy.report().served().waits());
    }
  }

  @Test
  void aScriptsModulesAreFollowedAsWell() throws Exception {
    TestLayer layer = python();
    TestLayer top =
        TestLayer.builder()
            .file("opt/tool", text("#!/usr/bin/python3.11\nfrom big.util import deep\n"))
            .build();
    TestBlobSource below = layer.source();
    TestBlobSource above = top.source();
    try (LazyLayer lower = begun(node.open(layer.content(below), DOMAIN, "image"));
        LazyLayer upper = begun(node.open(top.content(above), DOMAIN, "image"))) {
      Reading.read(upper, top.file("opt/tool"), 0, 10);
      String last = PACKAGES + "other/__init__.pyc";
      Reading.until(() -> modulesOf(brought(layer, below)).contains(last));
      settle();
      assertEquals(0, lower.report().served().waits());
    }
  }

  @Test
  void nothingIsGuessedWhereTheBuilderHasSaidWhatIsReadFirst() throws Exception {
    TestLayer layer =
        TestLayer.builder()
            .file("etc/first", randomBytes(1000))
            .landmark()
            .file("usr/lib/liba.so", elf().bytes())
            .file("usr/share/other", randomBytes(1000))
            .file("usr/bin/app", elf().needs("liba.so").bytes())
            .build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = begun(open(layer, source))) {
      settle();
      int before = source.requests().size();
      Reading.read(lazy, layer.file("usr/bin/app"), 0, 100);
      settle();
      assertEquals(before + 1, source.requests().size());
    }
  }

  @Test
  void nothingIsGuessedIntoAStoreThatIsFull() throws Exception {
    stop();
    byte[] app = elf().needs("liba.so").bytes();
    Quota quota = new Quota(app.length * 8L / 7, 0); // with that in it, neither roomy nor tight
    store =
        DiskContentStore.open(
            folder.resolve("full"), DiskContentStore.Bounds.DEFAULT.withQuota(quota));
    node = new LazyNode(store, EXACT, new LazyNode.Surroundings(clock, pressure(), learnt()));
    TestLayer layer =
        TestLayer.builder()
            .file("usr/lib/liba.so", elf().needs("libb.so").bytes())
            .file("usr/lib/libb.so", elf().bytes())
            .file("usr/bin/app", app)
            .build();
    TestBlobSource source = layer.source();
    try (LazyLayer lazy = begun(open(layer, source))) {
      Reading.read(lazy, layer.file("usr/bin/app"), 0, 100);
      settle();
      assertEquals(List.of("usr/bin/app"), brought(layer, source));
    }
  }

  @Test
  void anElfFileSaysWhatItNeedsInEitherByteOrder() throws IOException {
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      ElfNeeds needs =
          parsed(
              elf()
                  .order(order)
                  .interpreter("/lib/ld.so.1")
                  .needs("liba.so.1")
                  .needs("libb.so")
                  .runpath("$ORIGIN/../lib:/opt")
                  .filler(randomBytes(10_000))
                  .bytes());
      assertEquals(
          new ElfNeeds(
              "/lib/ld.so.1", List.of("liba.so.1", "libb.so"), List.of("$ORIGIN/../lib", "/opt")),
          needs);
    }
    assertNull(parsed(randomBytes(1000)));
    assertNull(parsed(new byte[] {0x7f, 'E', 'L', 'F'}));
  }

  @Test
  void anElfFileThatMakesNoSenseDoesNoHarm() throws IOException {
    byte[] whole = new TestElf().interpreter("/lib/ld.so").needs("liba.so").runpath("/opt").bytes();
    for (int i = 0; i < 20_000; i++) {
      byte[] broken = whole.clone();
      for (int j = random.nextInt(1, 9); j > 0; j--) {
        broken[6 + random.nextInt(broken.length - 6)] = (byte) random.nextInt();
      }
      assertNotNull(parsed(broken));
    }
    for (int length = 64; length < whole.length; length++) {
      assertNotNull(parsed(ByteBuffer.allocate(length).put(whole, 0, length).array()));
    }
  }

  @Test
  void aScriptSaysWhatItRuns() {
    ScriptNeeds needs =
        ScriptNeeds.of(
            """
            #!/usr/bin/env bash
            set -e
            export PATH=/opt/bin:$PATH LC_ALL=C
              # a comment
            server --save '' >/dev/null &
            until client ping 2>/dev/null | grep -q PONG; do kill -0 %1; done
            A=1 "$bin/initdb" || exec "/usr/bin/tail" -f x
            x=$(uname -m)
            """);
    assertNotNull(needs);
    assertEquals("/usr/bin/env", needs.interpreter());
    assertEquals(
        List.of(
            "bash", "set", "server", "client", "grep", "kill", "done", "/usr/bin/tail", "uname"),
        needs.programs());
    assertEquals(List.of("/opt/bin"), needs.directories());
    assertFalse(needs.isPython());
    assertNull(ScriptNeeds.of("echo"));
    ScriptNeeds other = ScriptNeeds.of("#! /usr/bin/python3\nimport os\n");
    assertNotNull(other);
    assertEquals(new ScriptNeeds("/usr/bin/python3", List.of(), List.of()), other);
    assertTrue(other.isPython());
    ScriptNeeds shell = ScriptNeeds.of("#!/bin/sh\npython3 -m http.server\n");
    assertNotNull(shell);
    assertFalse(shell.isPython(), "though it runs it");
    ScriptNeeds found = ScriptNeeds.of("#!/usr/bin/env python3\nimport os\n");
    assertNotNull(found);
    assertTrue(found.isPython());
  }
}
