package io.loadstar.inspect;

import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * An image as one page of HTML: each layer's blob as a map in which one sees what is prefetched and
 * what is big, and its largest files. Not thread-safe.
 *
 * <p>The page has everything in it: no script, no font, no picture from elsewhere, and a policy
 * that forbids them. It follows the reader's choice of light or dark; each piece of a map can be
 * reached by the keyboard and says in words what it is.
 */
public final class HtmlPage {

  private static final int LARGEST_FILES = 40;

  /** A narrower piece has no room for a name. */
  private static final double NAMED_SHARE = 0.06;

  private static final String STYLE =
      """
      :root{color-scheme:light dark;--page:#fbfbfa;--ink:#1c1e21;--dim:#5d646d;--line:#d9dce0;
      --pre:#d97706;--rest:#3b74b8;--on-pre:#1c1e21;--on-rest:#fff;--index:#7a8793;--mark:#0b57d0}
      @media(prefers-color-scheme:dark){:root{--page:#15181c;--ink:#e6e8ea;--dim:#9aa3ad;
      --line:#343a41;--pre:#f0a03c;--rest:#5c94d6;--on-pre:#15181c;--on-rest:#15181c;--index:#8b97a3;--mark:#8ab4f8}}
      *{box-sizing:border-box}body{margin:0 auto;max-width:76rem;padding:1.5rem;background:var(--page);
      color:var(--ink);font:16px/1.5 system-ui,sans-serif}h1{font-size:1.4rem;overflow-wrap:anywhere}
      h2{font-size:1.1rem;margin:2.2rem 0 .3rem}code{font:.9em ui-monospace,monospace;
      overflow-wrap:anywhere}.dim{color:var(--dim)}.map{display:flex;height:4.5rem;margin:.6rem 0;
      padding:0;list-style:none;border:1px solid var(--line)}.map li{min-width:2px;position:relative}
      .map a{display:block;height:100%;border-right:1px solid var(--page)}
      .PREFETCHED a,.key .PREFETCHED{background:var(--pre)}.ON_DEMAND a,.key .ON_DEMAND{background:var(--rest)}
      .INDEX a,.key .INDEX{background:var(--index)}.map a:focus-visible,.map a:hover{outline:3px solid
      var(--mark);outline-offset:1px;z-index:2;position:relative}.map span{display:none}
      .map small{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;
      padding:.3rem .4rem;font-weight:400;font-size:.8rem}.PREFETCHED small{color:var(--on-pre)}
      .ON_DEMAND small{color:var(--on-rest)}.map a{text-decoration:none}
      .map a:hover span,.map a:focus span{display:block;position:absolute;top:100%;left:0;z-index:3;
      margin-top:.4rem;padding:.3rem .5rem;width:max-content;max-width:24rem;background:var(--page);
      border:1px solid var(--ink);overflow-wrap:anywhere;font-size:.85rem;color:var(--ink)}
      .map li:nth-last-child(-n+40) a span{left:auto;right:0}
      .key span{display:inline-block;width:.9em;height:.9em;margin:0 .3em 0 1em;vertical-align:-.1em}
      table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.2rem
      .6rem .2rem 0;border-bottom:1px solid var(--line);vertical-align:top}td.n,th.n{text-align:right;
      white-space:nowrap;font-variant-numeric:tabular-nums}summary{cursor:pointer;padding:.2rem 0}
      meter{width:7rem}
      """;

  private final PrintWriter out;
  private final LongFunction<String> bytes;

  /**
   * @param out gets the page, and stays open
   * @param bytes says a number of bytes in words
   */
  public HtmlPage(PrintWriter out, LongFunction<String> bytes) {
    this.out = out;
    this.bytes = bytes;
  }

  /** Writes the page of {@code image}, which is called {@code name}. */
  public void write(String name, InspectedImage image) {
    out.println("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    out.println(
        "<meta http-equiv=\"Content-Security-Policy\""
            + " content=\"default-src 'none'; style-src 'unsafe-inline'\">");
    out.println("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
    out.println("<title>" + Html.text(name) + "</title><style>" + STYLE + "</style></head><body>");
    out.println("<h1>" + Html.text(name) + "</h1>");
    String platform = image.image().config().platform().map(Object::toString).orElse("unknown");
    out.printf(
        "<p><code>%s</code><br>%s, %s, %s</p>%n",
        image.image().document().digest(),
        Html.text(platform),
        new Count(image.layers().size(), "layer"),
        bytes.apply(image.size()));
    out.println(
        "<p class=\"key dim\">Each map is a blob from its first byte to its last:"
            + "<span class=\"PREFETCHED\"></span>prefetched at mount"
            + "<span class=\"ON_DEMAND\"></span>fetched when read, or in the background"
            + "<span class=\"INDEX\"></span>index. Tab goes from piece to piece.</p>");
    for (int i = 0; i < image.layers().size(); i++) {
      layer(i, image.layers().get(i));
    }
    out.println("</body></html>");
    out.flush();
  }

  private void layer(int number, InspectedLayer layer) {
    long size = layer.descriptor().size();
    out.printf(
        "<section aria-labelledby=\"l%d\"><h2 id=\"l%d\">Layer %d: %s</h2>%n",
        number, number, number, bytes.apply(size));
    out.printf(
        "<p class=\"dim\"><code>%s</code><br>%s</p>%n",
        layer.descriptor().digest(), Html.text(layer.format()));
    Optional<BlobPlan> plan = layer.plan();
    if (plan.isEmpty()) {
      out.println("<p>It can't be read lazily: it is downloaded whole.</p></section>");
      return;
    }
    out.printf(
        "<p>%d entries, %s of content; prefetched: %s of the blob, %s.</p>%n",
        plan.get().entries(),
        bytes.apply(plan.get().contentBytes()),
        bytes.apply(plan.get().prefetchBytes()),
        new Count(plan.get().prefetched().size(), "file"));
    map(number, BlobMap.of(plan.get(), size), size);
    files(plan.get().files(), size);
    out.println("</section>");
  }

  private void map(int number, BlobMap map, long size) {
    out.printf("<ol class=\"map\" aria-label=\"Map of layer %d\">%n", number);
    for (BlobMap.Piece piece : map.pieces()) {
      String label =
          piece.label()
              + ": "
              + bytes.apply(piece.bytes())
              + ", "
              + piece.kind().words()
              + ", at byte "
              + piece.offset();
      double share = size == 0 ? 0 : (double) piece.bytes() / size;
      out.printf(
          Locale.ROOT,
          "<li class=\"%s\" style=\"flex:%.4f 0 0\"><a href=\"#l%d\" aria-label=\"%s\">"
              + "%s<span>%s</span></a></li>%n",
          piece.kind(),
          100 * share,
          number,
          Html.text(label),
          share < NAMED_SHARE ? "" : "<small>" + Html.text(piece.shortLabel()) + "</small>",
          Html.text(label));
    }
    out.println("</ol>");
  }

  private void files(List<StoredFile> files, long size) {
    List<StoredFile> largest =
        files.stream()
            .sorted(Comparator.comparingLong(StoredFile::compressed).reversed())
            .limit(LARGEST_FILES)
            .toList();
    out.printf(
        "<details><summary>The %d largest of %d files</summary><table><thead><tr><th>File</th>"
            + "<th class=\"n\">Size</th><th class=\"n\">In the blob</th><th>Part of it</th>"
            + "<th class=\"n\">Chunks</th><th>Prefetched</th></tr></thead><tbody>%n",
        largest.size(), files.size());
    for (StoredFile file : largest) {
      double share = size == 0 ? 0 : (double) file.compressed() / size;
      out.printf(
          Locale.ROOT,
          "<tr><td><code>%s</code></td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
              + "<td><meter value=\"%.4f\">%.1f %%</meter></td><td class=\"n\">%d</td><td>%s</td></tr>%n",
          Html.text(file.path()),
          bytes.apply(file.size()),
          bytes.apply(file.compressed()),
          share,
          100 * share,
          file.chunks(),
          file.prefetched() ? "yes" : "");
    }
    out.println("</tbody></table></details>");
  }
}
