package io.loadstar.blob;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.loadstar.tar.UnsupportedTarException;
import org.junit.jupiter.api.Test;

class OneLineTest {

  @Test
  void textThatCanBeShownStaysAsItIs() {
    String text = "tar entry größe/文件/😀: a \"sparse\" file";
    assertSame(text, OneLine.of(text));
  }

  @Test
  void lineEndsAndWhatATerminalObeysAreWrittenOut() {
    assertEquals("a\\u000ab\\u0000", OneLine.of("a\nb\0"));
    assertEquals("\\u001b[2J", OneLine.of("\33[2J"));
    assertEquals("\\u202etxt.exe\\u2028", OneLine.of("\u202etxt.exe\u2028"));
  }

  @Test
  void whatIsWrongWithALayerIsToldInOneLine() {
    assertEquals("a\\u000ab (at byte 3)", new MalformedBlobException("a\nb", 3).getMessage());
    assertEquals("a\\u000ab", new UnsupportedBlobException("a\nb").getMessage());
    assertEquals("a\\u000ab", new UnsupportedTarException("a\nb").getMessage());
  }
}
