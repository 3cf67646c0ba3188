package io.loadstar.daemon;

import io.loadstar.cache.ContentStore;
import io.loadstar.registry.CountedTraffic;
import io.loadstar.remote.LayerTotals;
import io.loadstar.remote.LazyRemoteFileSystem;
import io.loadstar.snapshot.OverlaySnapshotter;
import io.loadstar.snapshot.RemotePreparation;

/**
 * The daemon's numbers in Prometheus's text format. Thread-safe. Source: prometheus.io, "Text-based
 * format", version 0.0.4.
 *
 * <p>There are no labels by layer: their number would only grow.
 */
final class Metrics {

  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final OverlaySnapshotter snapshotter;
  private final LazyRemoteFileSystem remote;
  private final ContentStore content;
  private final CountedTraffic traffic;

  Metrics(
      OverlaySnapshotter snapshotter,
      LazyRemoteFileSystem remote,
      ContentStore content,
      CountedTraffic traffic) {
    this.snapshotter = snapshotter;
    this.remote = remote;
    this.content = content;
    this.traffic = traffic;
  }

  /** All of them, as they are now. */
  String page() {
    Page page = new Page();
    RemotePreparation.Counts prepares = snapshotter.preparations();
    page.head("prepares_total", "counter", "Prepares that named a target, by how they ended.");
    page.value("prepares_total{outcome=\"mounted\"}", prepares.mounted());
    page.value("prepares_total{outcome=\"shared\"}", prepares.shared());
    page.value("prepares_total{outcome=\"unpacked\"}", prepares.unpacked());
    page.value("prepares_total{outcome=\"ordinary\"}", prepares.ordinary());
    page.gauge("mounts", "Layers that are mounted.", remote.mounts());
    page.counter(
        "unverified_layers_total", "Layers mounted without a promise kept.", remote.unverified());
    LayerTotals layers = remote.totals();
    page.counter("layer_requests_total", "Ranges of layers asked for.", layers.requests());
    page.counter("layer_fetched_bytes_total", "Bytes of layers fetched.", layers.bytesFetched());
    page.counter("layer_failures_total", "Fetches that failed.", layers.failures());
    page.counter("digest_mismatches_total", "Chunks with a wrong digest.", layers.mismatches());
    page.counter("reads_total", "Reads answered.", layers.reads());
    page.counter("read_bytes_total", "Bytes given to readers.", layers.bytesServed());
    page.counter("on_demand_reads_total", "Reads that waited for a fetch.", layers.waits());
    page.counter("registry_requests_total", "HTTP requests sent.", traffic.requests());
    page.counter(
        "registry_received_bytes_total", "Bytes of HTTP responses.", traffic.bytesReceived());
    ContentStore.Usage kept = content.usage();
    page.gauge("content_objects", "Objects in the content store.", kept.objects());
    page.gauge("content_bytes", "Bytes in the content store.", kept.bytes());
    page.counter("content_damaged_total", "Objects found damaged.", kept.damaged());
    page.counter("content_refused_total", "Objects that couldn't be kept.", kept.refused());
    page.counter("content_evicted_total", "Objects removed to make room.", kept.evicted());
    return page.text.toString();
  }

  private static final class Page {
    private static final String PREFIX = "loadstar_";
    private final StringBuilder text = new StringBuilder();

    void counter(String name, String help, long value) {
      head(name, "counter", help);
      value(name, value);
    }

    void gauge(String name, String help, long value) {
      head(name, "gauge", help);
      value(name, value);
    }

    void head(String name, String type, String help) {
      text.append("# HELP ").append(PREFIX).append(name).append(' ').append(help).append('\n');
      text.append("# TYPE ").append(PREFIX).append(name).append(' ').append(type).append('\n');
    }

    void value(String name, long value) {
      text.append(PREFIX).append(name).append(' ').append(value).append('\n');
    }
  }
}
