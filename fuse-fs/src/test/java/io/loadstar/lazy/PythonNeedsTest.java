package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class PythonNeedsTest {

  private static final Path MODULES = Path.of("..", "testdata", "python");

  private static byte[] compiled() throws IOException {
    return Files.readAllBytes(MODULES.resolve("imports.cpython-311.pyc"));
  }

  @Test
  void whatAModuleImportsIsAmongTheNamesOfItsOwnCode() throws IOException {
    assertEquals(
        List.of(
            "__doc__",
            "os",
            "xml.dom",
            "dom",
            "json",
            "",
            "near",
            "inner.deep",
            "one",
            "two",
            "second",
            "_fast",
            "fast",
            "ImportError",
            "Late",
            "__contains__",
            "range",
            "VALUES",
            "LONG"),
        PythonNeeds.ofCompiled(ByteBuffer.wrap(compiled())));
  }

  @Test
  void namesAreFoundInTheLayoutsOfAllVersions() {
    for (int version : TestModule.VERSIONS) {
      byte[] module = TestModule.importing(version, "os.path", "near");
      assertEquals(List.of("os.path", "near"), PythonNeeds.ofCompiled(ByteBuffer.wrap(module)));
    }
  }

  @Test
  void aCompiledModuleIsKnownByItsBeginning() throws IOException {
    assertTrue(PythonNeeds.isCompiled(ByteBuffer.allocate(4).put(compiled(), 0, 4)));
    assertFalse(PythonNeeds.isCompiled(ByteBuffer.allocate(4).put(compiled(), 0, 3)));
    assertFalse(PythonNeeds.isCompiled(ByteBuffer.allocate(4).put(new byte[] {'a', 'b', 13, 9})));
    byte[] python2 = {3, (byte) 0xf3, 13, 10};
    assertTrue(PythonNeeds.isCompiled(ByteBuffer.allocate(4).put(python2)), "but no code of ours");
    assertEquals(List.of(), PythonNeeds.ofCompiled(ByteBuffer.allocate(100).put(python2).flip()));
  }

  @Test
  void aModulesTextSaysWhatItImports() throws IOException {
    assertEquals(
        List.of("os", "xml.dom", "json", "near", "inner.deep", "one", "two", "_fast", "in_a_class"),
        PythonNeeds.ofSource(Files.readString(MODULES.resolve("imports.py"))));
    assertEquals(List.of(), PythonNeeds.ofSource("important = 1\nfromage = 'import x'\n"));
  }

  @Test
  @Timeout(20)
  void textThatIsMeantToTakeLongDoesNot() {
    for (String part : List.of(".", "\t", "a", "a,", " as ", "(", "\nfrom . import (")) {
      for (String start : List.of("from ", "import ", "from x import ", "from x import (")) {
        assertNotNull(PythonNeeds.ofSource(start + part.repeat((1 << 20) / part.length())));
      }
    }
  }

  @Test
  void aModuleThatMakesNoSenseDoesNoHarm() throws IOException {
    byte[] whole = compiled();
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] broken = whole.clone();
      for (int j = random.nextInt(1, 9); j > 0; j--) {
        broken[random.nextInt(broken.length)] = (byte) random.nextInt();
      }
      assertNotNull(PythonNeeds.ofCompiled(ByteBuffer.wrap(broken)), () -> "seed " + seed);
    }
    for (int length = 0; length < whole.length; length++) {
      assertNotNull(PythonNeeds.ofCompiled(ByteBuffer.wrap(whole, 0, length)));
    }
    byte[] deep = ByteBuffer.allocate(100_000).put(whole, 0, 16).array();
    for (int i = 16; i < deep.length; i += 2) {
      deep[i] = ')';
      deep[i + 1] = 1;
    }
    deep[16] = 'c';
    assertEquals(List.of(), PythonNeeds.ofCompiled(ByteBuffer.wrap(deep)));
  }
}
