package io.loadstar.coldstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ReportTest {

  private static final Line LINE = new Line(20, 200);

  private final Results results = new Results();

  @Test
  void ratiosAreOfMedians() {
    sample(Contender.OVERLAYFS, 4000, 4100, 9000);
    sample(Report.PLAIN, 1500, 1400, 1600);
    sample(Report.PRIORITIZED, 1100, 1000, 900);
    results.addOnDisk(took("on disk", Report.PRIORITIZED, 1, 600));
    // 10 MB take 400 ms, six round trips 120: the least is 1,120 ms.
    var image = new BenchImage("redis", 50_000_000, 10_000_000, "ready", 2);
    String text = new Report(results, Map.of("redis", image), List.of(LINE)).text();
    assertTrue(text.contains("| redis | 50.0 | 10.0 | 600 | 1,120 | 0.89 | 0.24 | 1.50 |"), text);
    assertTrue(text.contains("| redis | overlayfs | 100 | 4,000 | 4,100 | 4,000–9,000 |"), text);
  }

  @Test
  void thePictureHasTwoShadesForEachContender() throws Exception {
    sample(Contender.OVERLAYFS, 4000);
    sample("a & <b>", 1500);
    String svg = BarPlot.of(results, "start", LINE);
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(svg)));
    NodeList boxes = document.getElementsByTagName("rect");
    assertEquals(2 + 2 * 2, boxes.getLength(), "a box each in the legend, two each in the plot");
  }

  private void sample(String contender, double... totals) {
    for (int i = 0; i < totals.length; i++) {
      results.add(took("start", contender, i + 1, totals[i]));
    }
  }

  private static Sample took(String workload, String contender, int round, double total) {
    return new Sample(
        workload, "redis", contender, LINE.toString(), round, 100, total - 100, 1_000_000, 9);
  }
}
