package io.loadstar.coldstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineTest {

  @Test
  void aLineIsReadAsItIsWritten() {
    Line line = Line.parse("20ms:200Mbit");
    assertEquals(Duration.ofMillis(20), line.shape().roundTrip());
    assertEquals(200_000_000, line.shape().bitsPerSecond());
    assertEquals(Long.MAX_VALUE, Line.parse("0ms:0Mbit").shape().bitsPerSecond());
  }

  @Test
  void roundTripsAndBytesTakeTheirTime() {
    assertEquals(6 * 20 + 1000, Line.parse("20ms:200Mbit").leastMillis(6, 25_000_000), 1e-6);
    assertEquals(0, Line.NONE.leastMillis(6, 25_000_000), 1e-6);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "20", "20ms", "20ms:200", "-1ms:200Mbit", "20ms:200Mbit "})
  void whatIsNoLineIsRefusedByName(String text) {
    Exception refusal = assertThrows(IllegalArgumentException.class, () -> Line.parse(text));
    assertEquals(
        "not a line: " + text + "; one is written like 20ms:200Mbit, with 0Mbit for no bound",
        refusal.getMessage());
  }
}
