package io.loadstar.cli;

import io.loadstar.convert.ConversionListener;
import io.loadstar.convert.LayerReport;
import io.loadstar.oci.Descriptor;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Tells how a conversion or a copy gets on: a line for each layer, and bars while they move. */
final class ConversionSteps implements ConversionListener {

  private static final int SHORT_HEX = 12;

  private final Progress progress;
  private final Map<String, Progress.Bar> bars = new ConcurrentHashMap<>();

  ConversionSteps(Progress progress) {
    this.progress = progress;
  }

  @Override
  public void planned(Descriptor blob) {
    progress.meter().plan(blob.digest().toString(), blob.size());
  }

  @Override
  public void arrived(Descriptor blob) {
    progress.meter().finish(blob.digest().toString());
  }

  @Override
  public void readStarted(Descriptor blob) {
    start("reading ", blob);
  }

  @Override
  public void read(Descriptor blob, long bytes) {
    advance("reading ", blob, bytes);
  }

  @Override
  public void readEnded(Descriptor blob) {
    end("reading ", blob);
  }

  @Override
  public void writeStarted(Descriptor blob) {
    start("writing ", blob);
  }

  @Override
  public void written(Descriptor blob, long bytes) {
    advance("writing ", blob, bytes);
  }

  @Override
  public void writeEnded(Descriptor blob) {
    end("writing ", blob);
  }

  @Override
  public void layerDone(LayerReport layer) {
    String before = ByteCount.text(layer.before().size());
    progress.step(
        "layer "
            + layer.before().digest().hex().substring(0, SHORT_HEX)
            + switch (layer.state()) {
              case CONVERTED -> "  converted (" + before + " to " + after(layer) + ")";
              case REUSED -> "  converted before (" + before + " to " + after(layer) + ")";
              case KEPT -> "  is lazy already (" + before + ")";
              case UNTOUCHED -> "  left as it is (" + before + ")";
            });
  }

  @Override
  public void notice(String line) {
    progress.step("note: " + line);
  }

  private static String after(LayerReport layer) {
    return ByteCount.text(layer.after().size());
  }

  private void start(String what, Descriptor blob) {
    String label = what + blob.digest().hex().substring(0, SHORT_HEX);
    bars.put(what + blob.digest(), progress.bar(label, blob.size()));
  }

  private void advance(String what, Descriptor blob, long bytes) {
    progress.meter().advance(blob.digest().toString(), bytes);
    Progress.Bar bar = bars.get(what + blob.digest());
    if (bar != null) {
      bar.advance(bytes);
    }
  }

  private void end(String what, Descriptor blob) {
    Progress.Bar bar = bars.remove(what + blob.digest());
    if (bar != null) {
      bar.close();
    }
  }
}
