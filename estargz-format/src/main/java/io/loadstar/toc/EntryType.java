package io.loadstar.toc;

import org.jspecify.annotations.Nullable;

/** What a row of the TOC stands for: its column {@code type}. */
public enum EntryType {
  DIRECTORY("dir"),
  REGULAR("reg"),
  SYMLINK("symlink"),
  HARDLINK("hardlink"),
  CHARACTER_DEVICE("char"),
  BLOCK_DEVICE("block"),
  FIFO("fifo"),
  /** A further chunk of the regular file above it. */
  CHUNK("chunk");

  private final String json;

  EntryType(String json) {
    this.json = json;
  }

  /** The word that the TOC uses. */
  public String json() {
    return json;
  }

  /** The type that the TOC calls {@code word}; null if there is none. */
  public static @Nullable EntryType ofJson(String word) {
    return switch (word) {
      case "dir" -> DIRECTORY;
      case "reg" -> REGULAR;
      case "symlink" -> SYMLINK;
      case "hardlink" -> HARDLINK;
      case "char" -> CHARACTER_DEVICE;
      case "block" -> BLOCK_DEVICE;
      case "fifo" -> FIFO;
      case "chunk" -> CHUNK;
      default -> null;
    };
  }
}
