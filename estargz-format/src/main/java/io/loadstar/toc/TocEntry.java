package io.loadstar.toc;

import io.loadstar.blob.Digest;
import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A row of the TOC, as written: nothing is cleaned, resolved or checked against other rows.
 * Immutable, if the values of {@code xattrs} are left alone. A column that is absent is 0, "" or
 * null.
 *
 * @param name the path as the tar has it
 * @param type what it is
 * @param size of a regular file, in bytes
 * @param modtime last change; null if unknown
 * @param linkName a symlink's target as it is, a hardlink's target path
 * @param mode the tar header's mode; only the low twelve bits mean anything
 * @param uid owner
 * @param gid group
 * @param userName owner's name, where it differs from the last one written for this uid
 * @param groupName group's name, likewise
 * @param offset where in the blob the member starts that holds this file or chunk
 * @param innerOffset how many uncompressed bytes of the member come before it
 * @param devMajor of a device
 * @param devMinor of a device
 * @param xattrs name to value
 * @param digest of a whole regular file
 * @param chunkOffset where in the file this chunk starts
 * @param chunkSize its uncompressed size; 0 means up to the end of the file
 * @param chunkDigest of its uncompressed bytes
 */
public record TocEntry(
    String name,
    EntryType type,
    long size,
    @Nullable Instant modtime,
    String linkName,
    long mode,
    long uid,
    long gid,
    String userName,
    String groupName,
    long offset,
    long innerOffset,
    long devMajor,
    long devMinor,
    SortedMap<String, byte[]> xattrs,
    @Nullable Digest digest,
    long chunkOffset,
    long chunkSize,
    @Nullable Digest chunkDigest) {

  /** Begins a row with these two columns and no others. */
  public static Builder of(String name, EntryType type) {
    return new Builder(name, type);
  }

  /** A builder that has every column of this row. */
  public Builder toBuilder() {
    return new Builder(name, type)
        .size(size)
        .modtime(modtime)
        .linkName(linkName)
        .mode(mode)
        .uid(uid)
        .gid(gid)
        .userName(userName)
        .groupName(groupName)
        .offset(offset)
        .innerOffset(innerOffset)
        .devMajor(devMajor)
        .devMinor(devMinor)
        .xattrs(xattrs)
        .digest(digest)
        .chunkOffset(chunkOffset)
        .chunkSize(chunkSize)
        .chunkDigest(chunkDigest);
  }

  /** Makes a row, column by column; each setter is named as its column. Not thread-safe. */
  public static final class Builder {
    private String name;
    private EntryType type;
    private long size;
    private @Nullable Instant modtime;
    private String linkName = "";
    private long mode;
    private long uid;
    private long gid;
    private String userName = "";
    private String groupName = "";
    private long offset;
    private long innerOffset;
    private long devMajor;
    private long devMinor;
    private SortedMap<String, byte[]> xattrs = Collections.emptySortedMap();
    private @Nullable Digest digest;
    private long chunkOffset;
    private long chunkSize;
    private @Nullable Digest chunkDigest;

    Builder(String name, EntryType type) {
      this.name = name;
      this.type = type;
    }

    public Builder name(String value) {
      name = value;
      return this;
    }

    public Builder type(EntryType value) {
      type = value;
      return this;
    }

    public Builder size(long value) {
      size = value;
      return this;
    }

    public Builder modtime(@Nullable Instant value) {
      modtime = value;
      return this;
    }

    public Builder linkName(String value) {
      linkName = value;
      return this;
    }

    public Builder mode(long value) {
      mode = value;
      return this;
    }

    public Builder uid(long value) {
      uid = value;
      return this;
    }

    public Builder gid(long value) {
      gid = value;
      return this;
    }

    public Builder userName(String value) {
      userName = value;
      return this;
    }

    public Builder groupName(String value) {
      groupName = value;
      return this;
    }

    public Builder offset(long value) {
      offset = value;
      return this;
    }

    public Builder innerOffset(long value) {
      innerOffset = value;
      return this;
    }

    public Builder devMajor(long value) {
      devMajor = value;
      return this;
    }

    public Builder devMinor(long value) {
      devMinor = value;
      return this;
    }

    /** The map is kept, not copied. */
    public Builder xattrs(SortedMap<String, byte[]> value) {
      xattrs = value;
      return this;
    }

    public Builder digest(@Nullable Digest value) {
      digest = value;
      return this;
    }

    public Builder chunkOffset(long value) {
      chunkOffset = value;
      return this;
    }

    public Builder chunkSize(long value) {
      chunkSize = value;
      return this;
    }

    public Builder chunkDigest(@Nullable Digest value) {
      chunkDigest = value;
      return this;
    }

    public TocEntry build() {
      return new TocEntry(
          name,
          type,
          size,
          modtime,
          linkName,
          mode,
          uid,
          gid,
          userName,
          groupName,
          offset,
          innerOffset,
          devMajor,
          devMinor,
          xattrs,
          digest,
          chunkOffset,
          chunkSize,
          chunkDigest);
    }
  }
}
