package io.loadstar.cli;

import io.loadstar.inspect.HtmlPage;
import io.loadstar.inspect.ImageFiles;
import io.loadstar.inspect.InspectedImage;
import io.loadstar.inspect.PickedImage;
import io.loadstar.inspect.SizeTree;
import io.loadstar.oci.ImageSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** One {@code loadstar inspect}: what was said on the command line, checked. Immutable. */
final class InspectRun {

  private final LookInside image;
  private final @Nullable Path html;
  private final InspectText.Files shown;
  private final int depth;

  /**
   * @param shown which files are named
   * @param html where the page goes, or null for none
   * @param depth of the tree, or negative for none
   */
  InspectRun(LookInside image, @Nullable String html, InspectText.Files shown, int depth) {
    this.image = image;
    this.shown = shown;
    this.html = html == null ? null : Path.of(html);
    this.depth = depth;
  }

  InspectText run() throws IOException, CommandException {
    return image.run(this::look);
  }

  private InspectText look(ImageSource source, PickedImage picked) throws IOException {
    InspectedImage inspected = InspectedImage.of(source, picked);
    if (html != null) {
      try (PrintWriter out =
          new PrintWriter(Files.newBufferedWriter(html, StandardCharsets.UTF_8))) {
        new HtmlPage(out, ByteCount::text).write(image.toString(), inspected);
        if (out.checkError()) {
          throw new IOException(html + ": can't be written; is the disk full?");
        }
      }
    }
    SizeTree tree = depth < 0 ? null : SizeTree.of(ImageFiles.of(source, picked));
    return new InspectText(image.toString(), inspected, shown, tree, depth);
  }
}
