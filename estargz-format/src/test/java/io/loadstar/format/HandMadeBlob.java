package io.loadstar.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import io.loadstar.toc.TocJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** An eStargz blob put together by hand, so that it can be wrong in any way. Not thread-safe. */
public final class HandMadeBlob {

  private final ByteArrayOutputStream blob = new ByteArrayOutputStream();
  private final List<TocEntry> entries = new ArrayList<>();

  /** Appends a gzip member of these bytes, and tells where it starts. */
  public long member(byte[] content) {
    long offset = blob.size();
    blob.writeBytes(gzip(content));
    return offset;
  }

  /** Appends a row to the TOC. */
  public HandMadeBlob row(TocEntry.Builder row) {
    entries.add(row.build());
    return this;
  }

  public Toc toc() {
    return new Toc(Toc.VERSION, entries);
  }

  /** The blob, ended by its TOC and {@code footer}. */
  public byte[] finish(StargzFooter footer) {
    return finish(json(toc()), footer);
  }

  /** The blob, ended by this JSON and {@code footer}. */
  public byte[] finish(byte[] json, StargzFooter footer) {
    long tocOffset = member(tar(Toc.ENTRY_NAME, json));
    blob.writeBytes(footer.encode(tocOffset));
    return blob.toByteArray();
  }

  public static byte[] json(Toc toc) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      TocJson.write(toc, out);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  public static byte[] gzip(byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  /** A tar of one regular file. */
  public static byte[] tar(String name, byte[] content) {
    int padded = (content.length + 511) / 512 * 512;
    byte[] tar = new byte[512 + padded + 1024];
    put(tar, 0, name.getBytes(UTF_8));
    put(tar, 100, "0000644\0".getBytes(US_ASCII));
    put(tar, 108, "0000000\0".getBytes(US_ASCII));
    put(tar, 116, "0000000\0".getBytes(US_ASCII));
    put(tar, 124, String.format("%011o\0", content.length).getBytes(US_ASCII));
    put(tar, 136, "00000000000\0".getBytes(US_ASCII));
    put(tar, 148, "        ".getBytes(US_ASCII));
    tar[156] = '0';
    put(tar, 257, "ustar\00000".getBytes(US_ASCII));
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += tar[i] & 0xff;
    }
    put(tar, 148, String.format("%06o\0 ", sum).getBytes(US_ASCII));
    put(tar, 512, content);
    return tar;
  }

  private static void put(byte[] target, int at, byte[] bytes) {
    System.arraycopy(bytes, 0, target, at, bytes.length);
  }
}
