package io.loadstar.optimize;

import io.loadstar.layer.Inode;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.tar.EntryName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** A small file as a container sees it: of the uppermost layer that has it. Stateless. */
final class StackedFile {

  private StackedFile() {}

  /** What a layer says of a path. */
  private enum Answer {
    FOUND,
    LOOK_BELOW,
    GONE
  }

  /**
   * Its bytes, read past the mounts.
   *
   * @param layers lowest first
   * @param limit more bytes than these are left out
   * @return empty if there is none, or it is reached through a symbolic link
   */
  static Optional<byte[]> read(List<RecordedLayer> layers, String path, int limit)
      throws IOException {
    for (RecordedLayer layer : layers.reversed()) {
      switch (ask(layer.tree(), EntryName.components(path))) {
        case GONE -> {
          return Optional.empty();
        }
        case FOUND -> {
          if (layer.tree().find(path).orElseThrow() instanceof Inode.RegularFile file) {
            return Optional.of(layer.bytes(file, limit));
          }
          return Optional.empty();
        }
        case LOOK_BELOW -> {}
      }
    }
    return Optional.empty();
  }

  private static Answer ask(LayerTree tree, List<String> components) {
    long number = LayerTree.ROOT;
    boolean opaque = false;
    for (int i = 0; i < components.size(); i++) {
      ByteBuffer name = ByteBuffer.wrap(components.get(i).getBytes(StandardCharsets.UTF_8));
      number = tree.lookup(number, name);
      switch (tree.inode(number)) {
        case null -> {
          return opaque ? Answer.GONE : Answer.LOOK_BELOW;
        }
        case Inode.Directory directory ->
            opaque |= directory.xattrs().containsKey(OverlayXattrs.TRUSTED.opaque());
        case Inode.RegularFile _ -> {
          return i == components.size() - 1 ? Answer.FOUND : Answer.GONE;
        }
        case Inode.Symlink _, Inode.SpecialFile _ -> {
          return Answer.GONE;
        }
      }
    }
    return Answer.GONE;
  }
}
