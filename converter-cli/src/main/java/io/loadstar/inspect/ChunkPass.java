package io.loadstar.inspect;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.ChunkDecoder;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.Member;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** A blob read as a lazy reader does, every chunk of it. Stateless. */
final class ChunkPass {

  private ChunkPass() {}

  /** The first member that isn't what the TOC says, if there is one. */
  static Optional<WrongPlace> firstWrong(BlobSource blob, BlobFormat format, LayerTree tree)
      throws IOException {
    List<Member> members = tree.members();
    Member[] current = new Member[1];
    try (ChunkDecoder decoder = ChunkDecoder.of(format)) {
      List<ByteRange> ranges = members.stream().map(Member::range).toList();
      int[] next = {0};
      blob.readRanges(
          ranges,
          (range, bytes) -> {
            current[0] = members.get(next[0]++);
            decoder.decodeWhole(bytes, current[0], (chunk, content) -> {});
          });
      return Optional.empty();
    } catch (MalformedBlobException e) {
      return Optional.of(new WrongPlace(e.offset(), String.valueOf(e.getMessage())));
    } catch (DigestMismatchException e) {
      long offset = current[0] == null ? -1 : current[0].range().offset();
      return Optional.of(new WrongPlace(offset, String.valueOf(e.getMessage())));
    }
  }
}
