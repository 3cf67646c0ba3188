package io.loadstar.optimize;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.layer.Inode;
import io.loadstar.layer.LayerTree;
import io.loadstar.lazy.AccessRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What was read of an image's layers, in the one order of all first reads. Immutable.
 *
 * @param order the files
 * @param bytes how much of them was read, by chunks
 * @param dropped how many files more were read than are kept in mind
 */
record FirstReads(ReadOrder order, long bytes, long dropped) {

  private record Read(int layer, AccessRecord.FirstRead read) {}

  /**
   * Gathers it.
   *
   * @param layers lowest first
   * @param manifest the digest of the image's manifest before it was converted
   */
  static FirstReads of(List<RecordedLayer> layers, Digest manifest) {
    List<Read> reads = new ArrayList<>();
    List<Map<Long, String>> paths = new ArrayList<>();
    long dropped = 0;
    long bytes = 0;
    for (int i = 0; i < layers.size(); i++) {
      RecordedLayer layer = layers.get(i);
      paths.add(paths(layer.tree()));
      dropped += layer.record().dropped();
      for (AccessRecord.FirstRead read : layer.record().reads()) {
        reads.add(new Read(i, read));
      }
    }
    reads.sort(Comparator.comparingLong((Read each) -> each.read().nanos()));
    List<RecordedFile> files = new ArrayList<>();
    for (Read each : reads) {
      RecordedLayer layer = layers.get(each.layer());
      long number = each.read().inode();
      List<ByteRange> parts = layer.layer().partsGiven(number);
      bytes += parts.stream().mapToLong(ByteRange::length).sum();
      String path = paths.get(each.layer()).get(number);
      if (path != null) {
        boolean whole =
            parts.size() > RecordedFile.MAX_PARTS
                || (layer.tree().inode(number) instanceof Inode.RegularFile file
                    && parts.equals(List.of(new ByteRange(0, file.size()))));
        files.add(new RecordedFile(path, manifest, each.layer(), whole ? List.of() : parts));
      }
    }
    return new FirstReads(new ReadOrder(files), bytes, dropped);
  }

  /** Of each file, by its inode, the first of its names: the shallowest, then by the alphabet. */
  private static Map<Long, String> paths(LayerTree tree) {
    Map<Long, String> paths = new HashMap<>();
    List<Long> directories = new ArrayList<>(List.of(LayerTree.ROOT));
    List<String> prefixes = new ArrayList<>(List.of(""));
    for (int i = 0; i < directories.size(); i++) { // grows while it is gone through
      long directory = directories.get(i);
      for (int entry = 0; entry < tree.entryCount(directory); entry++) {
        String name = new String(tree.entryName(directory, entry), StandardCharsets.UTF_8);
        long number = tree.entryInode(directory, entry);
        switch (tree.inode(number)) {
          case Inode.Directory _ -> {
            directories.add(number);
            prefixes.add(prefixes.get(i) + name + "/");
          }
          case Inode.RegularFile _ -> paths.putIfAbsent(number, prefixes.get(i) + name);
          case Inode.Symlink _, Inode.SpecialFile _ -> {}
          case null -> {}
        }
      }
    }
    return paths;
  }
}
