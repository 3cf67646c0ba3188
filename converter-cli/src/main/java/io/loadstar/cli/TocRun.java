package io.loadstar.cli;

import io.loadstar.inspect.LayerToc;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One {@code loadstar toc}: what was said on the command line, checked. Immutable. */
record TocRun(LookInside image, @Nullable String layer) {

  /** The document. It is JSON, so it is UTF-8, and comes out as the bytes that it is. */
  String run() throws IOException, CommandException {
    return image.run((source, picked) ->
        StandardCharsets.UTF_8.decode(LayerToc.json(source, picked, layer)).toString());
  }
}
