package io.loadstar.build;

import static java.util.Objects.requireNonNull;

import io.loadstar.blob.Digest;
import io.loadstar.blob.FileBlobSource;
import io.loadstar.format.ChunkDecoder;
import io.loadstar.format.ExternalTocs;
import io.loadstar.format.LayerBlob;
import io.loadstar.layer.Inode;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.Member;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A built layer as its readers see it: all paths, and all files' bytes. Immutable. */
final class LayerContents {

  private final LayerBlob blob;
  private final LayerTree tree;
  private final Map<Long, byte[]> files = new TreeMap<>();

  private LayerContents(LayerBlob blob, LayerTree tree) {
    this.blob = blob;
    this.tree = tree;
  }

  static LayerContents of(BuiltLayer built) throws IOException {
    return of(built.file(), built);
  }

  /** What is in {@code file}, which should be as {@code built}. */
  static LayerContents of(Path file, BuiltLayer built) throws IOException {
    return of(file, built.tocDigest(), layer -> toc(built));
  }

  static LayerContents of(Path file, Digest tocDigest) throws IOException {
    return of(file, tocDigest, ExternalTocs.NONE);
  }

  /** The layer of a TOC image that belongs to {@code built}. */
  static byte[] toc(BuiltLayer built) {
    ByteBuffer layer = built.toc().external().orElseThrow();
    byte[] bytes = new byte[layer.remaining()];
    layer.get(layer.position(), bytes);
    return bytes;
  }

  static LayerContents of(Path file, Digest tocDigest, ExternalTocs external) throws IOException {
    try (FileBlobSource source = FileBlobSource.open(file, Digest.of(Files.readAllBytes(file)))) {
      LayerBlob blob = LayerBlob.open(source, external);
      LayerTree tree = LayerTree.of(blob.toc().verify(tocDigest), blob.tocOffset());
      LayerContents contents = new LayerContents(blob, tree);
      contents.readAll(source);
      return contents;
    }
  }

  private void readAll(FileBlobSource source) throws IOException {
    for (long number = 1; number <= tree.maxInode(); number++) {
      if (tree.inode(number) instanceof Inode.RegularFile file) {
        files.put(number, new byte[(int) file.size()]);
      }
    }
    try (ChunkDecoder decoder = ChunkDecoder.of(blob.format())) {
      for (Member member : tree.members()) {
        source.readRanges(
            List.of(member.range()),
            (range, bytes) ->
                decoder.decode(
                    bytes,
                    member,
                    (chunk, content) ->
                        content.get(
                            bytes(chunk.inode()),
                            (int) chunk.chunk().fileOffset(),
                            content.remaining())));
      }
    }
  }

  LayerBlob blob() {
    return blob;
  }

  LayerTree tree() {
    return tree;
  }

  byte[] bytes(String path) {
    return bytes(tree.find(path).orElseThrow());
  }

  byte[] bytes(Inode file) {
    return bytes(file.number());
  }

  private byte[] bytes(long number) {
    return requireNonNull(files.get(number));
  }

  Digest digest(Inode file) {
    return Digest.of(bytes(file));
  }

  /** Every path of the layer but the root's, and its inode. */
  Map<String, Inode> paths() {
    Map<String, Inode> paths = new TreeMap<>();
    list(LayerTree.ROOT, "", paths);
    return paths;
  }

  private void list(long directory, String prefix, Map<String, Inode> paths) {
    for (int i = 0; i < tree.entryCount(directory); i++) {
      String path = prefix + new String(tree.entryName(directory, i), StandardCharsets.UTF_8);
      Inode inode = tree.inode(tree.entryInode(directory, i));
      paths.put(path, requireNonNull(inode));
      if (inode instanceof Inode.Directory) {
        list(inode.number(), path + "/", paths);
      }
    }
  }
}
