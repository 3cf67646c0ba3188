package io.loadstar.format;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.gzip.GzipDecoder;
import io.loadstar.gzip.GzipMembersInputStream;
import io.loadstar.tar.EntryName;
import io.loadstar.tar.TarEntry;
import io.loadstar.tar.TarReader;
import io.loadstar.tar.TarType;
import io.loadstar.tar.UnsupportedTarException;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocJson;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The member of an eStargz blob that holds the TOC: a gzipped tar whose first entry it is. */
final class TocMember {

  private TocMember() {}

  /**
   * The JSON in the member.
   *
   * @param member the compressed bytes, backed by an array
   * @param offset where in the blob they stand, for errors
   * @throws MalformedBlobException if they aren't that, or the JSON is larger than the cap
   */
  static byte[] read(ByteBuffer member, long offset) throws MalformedBlobException {
    ByteArrayInputStream bytes =
        new ByteArrayInputStream(
            member.array(), member.arrayOffset() + member.position(), member.remaining());
    try (GzipMembersInputStream tar = new GzipMembersInputStream(bytes)) {
      TarReader reader = new TarReader(tar);
      TarEntry entry = reader.next();
      if (entry == null
          || entry.type() != TarType.REGULAR
          || !EntryName.clean(entry.name()).equals(Toc.ENTRY_NAME)) {
        throw new MalformedBlobException(
            "TOC: the member doesn't begin with " + Toc.ENTRY_NAME, offset);
      }
      long most = Math.min(TocJson.MAX_SIZE, member.remaining() * GzipDecoder.MAX_RATIO);
      if (entry.size() > most) {
        throw new MalformedBlobException(
            "TOC: " + entry.size() + " bytes, more than " + most, offset);
      }
      return readPayload(reader, (int) entry.size());
    } catch (MalformedBlobException e) {
      throw new MalformedBlobException("TOC: " + e.getMessage(), offset, e);
    } catch (UnsupportedTarException e) {
      throw new MalformedBlobException("TOC: its tar entry", offset, e);
    } catch (IOException e) {
      throw new IllegalStateException("the bytes are in memory", e);
    }
  }

  private static byte[] readPayload(TarReader reader, int size) throws IOException {
    byte[] json = new byte[size];
    int count = 0;
    while (count < size) {
      int more = reader.read(json, count, size - count);
      count += more; // -1 only at the entry's end
    }
    return json;
  }
}
