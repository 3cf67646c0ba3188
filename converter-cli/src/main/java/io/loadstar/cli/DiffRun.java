package io.loadstar.cli;

import io.loadstar.inspect.ImageDiff;
import io.loadstar.inspect.ImageDiff.Difference;
import io.loadstar.inspect.ImageDiff.Kind;
import io.loadstar.inspect.ImageFiles;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** One {@code loadstar diff}: what was said on the command line, checked. Immutable. */
record DiffRun(LookInside before, LookInside after) {

  /** The result: the document that {@code --json} prints. */
  record Document(
      String before,
      String after,
      long added,
      long removed,
      long changed,
      List<Difference> differences) {

    String text() {
      List<String> lines = differences.stream().map(Document::line).collect(Collectors.toList());
      lines.add(
          lines.isEmpty()
              ? "no file differs"
              : added + " added, " + removed + " removed, " + changed + " changed");
      return String.join(System.lineSeparator(), lines);
    }

    private static String line(Difference difference) {
      String path = "/" + InspectText.printable(difference.path());
      return switch (difference.kind()) {
        case ADDED -> "+ " + path + "  (" + ByteCount.text(difference.after()) + ")";
        case REMOVED -> "- " + path + "  (" + ByteCount.text(difference.before()) + ")";
        case CHANGED ->
            String.format(Locale.ROOT, "~ %s  (%s)", path, String.join(", ", difference.fields()));
      };
    }
  }

  Document run() throws IOException, CommandException {
    ImageFiles old = before.run(ImageFiles::of);
    ImageDiff diff = ImageDiff.of(old, after.run(ImageFiles::of));
    return new Document(
        before.toString(),
        after.toString(),
        diff.count(Kind.ADDED),
        diff.count(Kind.REMOVED),
        diff.count(Kind.CHANGED),
        diff.differences());
  }
}
