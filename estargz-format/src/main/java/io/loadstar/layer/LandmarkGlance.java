package io.loadstar.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import io.loadstar.toc.TocJson;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * What a TOC seems to say of prefetching: found in its text, of which only these rows are read.
 * Takes a fraction of the time that the table takes, and isn't to be relied on: it is for who asks
 * for bytes before the table has been read, and drops those that aren't wanted then.
 *
 * @param landmark up to where its blob seems to be to be prefetched
 * @param first the first chunk with a digest
 */
public record LandmarkGlance(Landmark.PrefetchUpTo landmark, FirstChunk first) {

  private static final String END_OF_NAME = Landmark.PREFETCH + '"';
  private static final String CHUNK_DIGEST = "\"chunkDigest\"";
  private static final String UNREAD = '"' + TocJson.UNREAD + '"';

  /**
   * Content that is to be prefetched.
   *
   * @param digest of its bytes
   * @param size how many bytes
   */
  public record FirstChunk(Digest digest, long size) {}

  /**
   * Looks for the landmark.
   *
   * @param json a TOC's, from position to limit; isn't changed
   * @return empty if nothing seems to be to be prefetched, or it isn't seen
   */
  public static Optional<LandmarkGlance> at(ByteBuffer json) {
    byte[] bytes = new byte[json.remaining()];
    json.get(json.position(), bytes);
    String text = new String(bytes, ISO_8859_1);
    Optional<String> landmark = landmarkRow(text);
    Optional<String> first = row(text, text.indexOf(CHUNK_DIGEST));
    if (landmark.isEmpty() || first.isEmpty()) {
      return Optional.empty();
    }
    String rows =
        "{\"version\":1,\"entries\":["
            + first.get()
            + ","
            + landmark.get()
            + "],"
            + UNREAD
            + ":"
            + unread(text)
            + "}";
    try {
      return of(TocJson.read(rows.getBytes(ISO_8859_1), 0));
    } catch (MalformedBlobException e) {
      return Optional.empty(); // who reads all of it will say what is wrong, if anything is
    }
  }

  private static Optional<LandmarkGlance> of(Toc toc) {
    TocEntry first = toc.entries().getFirst();
    long end = toc.entries().getLast().offset();
    Digest digest = first.chunkDigest();
    if (digest == null || end <= 0) {
      return Optional.empty();
    }
    List<ByteRange> unread = toc.unread().stream().filter(range -> range.end() <= end).toList();
    long size = first.chunkSize() > 0 ? first.chunkSize() : first.size();
    return Optional.of(
        new LandmarkGlance(new Landmark.PrefetchUpTo(end, unread), new FirstChunk(digest, size)));
  }

  /** The row of the file in the root directory that is called so. */
  private static Optional<String> landmarkRow(String text) {
    for (int at = text.indexOf(END_OF_NAME); at >= 0; at = text.indexOf(END_OF_NAME, at + 1)) {
      String before = text.substring(Math.max(0, at - 3), at);
      if (before.endsWith("\"") || before.equals("\"./")) {
        return row(text, at);
      }
    }
    return Optional.empty();
  }

  /** The innermost object around a place; no row with a file's content has one inside. */
  private static Optional<String> row(String text, int at) {
    int start = text.lastIndexOf('{', at);
    int end = text.indexOf('}', Math.max(at, 0));
    return at < 0 || start < 0 || end < 0
        ? Optional.empty()
        : Optional.of(text.substring(start, end + 1));
  }

  /** What stands behind the last row, as our writer puts it: so no row is gone through for it. */
  private static String unread(String text) {
    int lastRow = text.lastIndexOf('}', text.lastIndexOf('}') - 1);
    int at = text.indexOf(UNREAD, Math.max(lastRow, 0));
    int start = at < 0 ? -1 : text.indexOf('[', at);
    int end = start < 0 ? -1 : text.indexOf(']', start);
    return end < 0 ? "[]" : text.substring(start, end + 1);
  }
}
