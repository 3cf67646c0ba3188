package io.loadstar.pull.served;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.oci.ImageReference;
import io.loadstar.pull.LayerOutcome;
import io.loadstar.pull.PullException;
import io.loadstar.pull.PullListener;
import io.loadstar.pull.PulledLayer;
import java.io.ByteArrayInputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever a daemon answers, the command has a line to say. */
@Timeout(30)
class AnswersTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String DIGEST = "sha256:" + "a".repeat(64);

  private final List<String> heard = new CopyOnWriteArrayList<>();

  private Answers answers(String said) {
    byte[] bytes = said.getBytes(StandardCharsets.US_ASCII);
    return Answers.hear(
        Channels.newChannel(new ByteArrayInputStream(bytes)),
        ImageReference.parse("r.example/a:b"),
        new Listener());
  }

  private final class Listener implements PullListener {
    @Override
    public void downloadStarted(PulledLayer layer) {
      heard.add("started " + layer.size());
    }

    @Override
    public void downloaded(PulledLayer layer, long bytes) {
      heard.add("more " + bytes);
    }

    @Override
    public void downloadEnded(PulledLayer layer) {
      heard.add("ended");
    }

    @Override
    public void layerReady(LayerOutcome outcome) {
      heard.add("ready " + outcome.state());
    }
  }

  @Test
  void whatIsSaidIsHeardInItsOrder() throws Exception {
    Answers answers =
        answers(
            "serving\nstarted %1$s 5\nmore %1$s 5 3\nfuture word\nended %1$s 5\nready %1$s 5 LAZY 0\nlayer %1$s 5 LAZY 0\ndone %1$s 7\n"
                .formatted(DIGEST.replace(":", "%3A")));
    assertTrue(answers.areComing(LIMIT));
    assertEquals(DIGEST, answers.report().target().toString());
    assertEquals(Duration.ofNanos(7), answers.report().elapsed());
    assertEquals(1, answers.report().count(LayerOutcome.State.LAZY));
    assertEquals(List.of("started 5", "more 3", "ended", "ready LAZY"), heard);
  }

  @Test
  void whoDoesNotSayThatItIsServedDoesNotServe() throws Exception {
    for (String said : List.of("", "\n", "not-served busy\n", "HTTP/1.1 400\n", "%\n", "x %\n")) {
      assertFalse(answers(said).areComing(LIMIT), said);
    }
  }

  @Test
  void aDaemonThatEndsInTheMiddleIsNamedInALine() throws Exception {
    Answers answers = answers("serving\nready " + DIGEST + " 5 LAZY 0\nlay");
    assertTrue(answers.areComing(LIMIT));
    PullException failure = assertThrows(PullException.class, answers::report);
    assertEquals(
        "image r.example/a:b: loadstar-snapshotter was pulling it, and it ended in the middle of"
            + " the pull; see its log, and pull again",
        failure.getMessage());
  }

  @Test
  void whatMakesNoSenseIsALine() throws Exception {
    for (String said : List.of("done x 1", "ready", "layer " + DIGEST + " 1 NEW 0", "done %%")) {
      Answers answers = answers("serving\n" + said + "\n");
      assertTrue(answers.areComing(LIMIT), said);
      PullException failure = assertThrows(PullException.class, answers::report);
      assertEquals(1, String.valueOf(failure.getMessage()).lines().count());
    }
  }

  @Test
  void whatHasFailedFailsWithTheWordsThatCame() throws Exception {
    Answers answers = answers("serving\nfailed a+b%3A+c\n");
    assertTrue(answers.areComing(LIMIT));
    assertEquals("a b: c", assertThrows(PullException.class, answers::report).getMessage());
  }
}
