package io.loadstar.toc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.loadstar.blob.MalformedBlobException;
import java.io.IOException;
import java.io.OutputStream;

/**
 * The TOC as JSON, read and written. Stateless, thread-safe.
 *
 * <p>Read: {@code "entries": null} is an empty table, as Go writes one; unknown keys are ignored,
 * as are nulls; every size is capped. Written: columns in a fixed order, tabs for indentation, no
 * newline at the end, absent columns left out; the same TOC always gives the same bytes. Its digest
 * is over the bytes as stored, so that another writer's layout is as good.
 */
public final class TocJson {

  /** Most bytes of JSON that are read: about 600,000 entries. */
  public static final int MAX_SIZE = 256 << 20;

  /** Most rows that are read. */
  public static final int MAX_ENTRIES = 1 << 20;

  /** Longest name or link target, in UTF-16 units: eight times the kernel's PATH_MAX. */
  public static final int MAX_NAME_LENGTH = 32 << 10;

  /** Longest value of an extended attribute: the kernel's XATTR_SIZE_MAX. */
  public static final int MAX_XATTR_SIZE = 64 << 10;

  /** Most stretches that aren't to be prefetched. */
  public static final int MAX_UNREAD = 1 << 16;

  /** The key of {@link Toc#unread}: offsets and lengths by turns. */
  public static final String UNREAD = "io.loadstar.unread";

  /** Most extended attributes of one row. */
  public static final int MAX_XATTRS = 1024;

  /** Base64 takes four characters for three bytes. */
  private static final int MAX_TEXT = MAX_XATTR_SIZE / 3 * 4 + 8;

  /** The document is four deep; unknown keys may hold some more. */
  private static final int MAX_NESTING = 32;

  private static final int MAX_NUMBER_LENGTH = 32;

  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxDocumentLength(MAX_SIZE)
                  .maxStringLength(MAX_TEXT)
                  .maxNameLength(MAX_NAME_LENGTH)
                  .maxNumberLength(MAX_NUMBER_LENGTH)
                  .maxNestingDepth(MAX_NESTING)
                  .build())
          .build();

  private TocJson() {}

  /**
   * Reads a TOC.
   *
   * @param json the document, whole
   * @param blobOffset where in the blob it came from, for errors
   * @throws MalformedBlobException if it isn't a TOC, or is larger than the caps
   */
  public static Toc read(byte[] json, long blobOffset) throws MalformedBlobException {
    if (json.length > MAX_SIZE) {
      throw new MalformedBlobException(
          "TOC: " + json.length + " bytes, more than " + MAX_SIZE, blobOffset);
    }
    try (JsonParser parser = FACTORY.createParser(json)) {
      return new TocJsonReader(parser, blobOffset).read();
    } catch (MalformedBlobException e) {
      throw e;
    } catch (IOException e) { // the parser's own errors; the bytes are in memory
      throw new MalformedBlobException("TOC: not the JSON that it should be", blobOffset, e);
    }
  }

  /**
   * Writes a TOC; {@code out} isn't closed.
   *
   * @throws IOException as {@code out} throws
   */
  public static void write(Toc toc, OutputStream out) throws IOException {
    TocJsonWriter.write(toc, out);
  }
}
