package io.loadstar.unpack;

import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.linux.DirectoryHandle;
import io.loadstar.tar.TarInput;
import io.loadstar.tar.TarReader;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;

/**
 * A layer's blob as it arrives, to be unpacked: tar, tar.gz or tar.zst. Not thread-safe, used once.
 *
 * <p>Files are written before the blob's digest is known, into a directory that is nobody's yet;
 * what isn't the blob that was asked for never gets any further.
 */
public final class LayerTar {

  private static final int BUFFER = 1 << 16;

  private final Digest digest;
  private final InputStream bytes;

  /**
   * @param digest of the blob
   * @param bytes all of them; belongs to the caller
   */
  public LayerTar(Digest digest, InputStream bytes) {
    this.digest = digest;
    this.bytes = bytes;
  }

  /**
   * Where it is unpacked to.
   *
   * @param content an empty directory, with the attributes that the root has if the layer doesn't
   *     say
   * @param discarded another, on the same file system: what the layer itself replaces ends here
   * @param lowest whether there are no layers below
   * @param xattrs where overlayfs looks for its notes
   */
  public record Target(Path content, Path discarded, boolean lowest, OverlayXattrs xattrs) {}

  /**
   * Unpacks it, and forces it to disk.
   *
   * @return its DiffID
   * @throws NotUnpackableException if it can't be unpacked within {@code bounds} or by itself
   * @throws DigestMismatchException if the bytes weren't the blob's
   * @throws IOException if it can't be read or written; what was written is left there
   */
  public Digest unpack(Target target, UnpackBounds bounds) throws IOException {
    MessageDigest blobHash = Digest.newHash();
    MessageDigest tarHash = Digest.newHash();
    try (DirectoryHandle content = DirectoryHandle.open(target.content());
        DirectoryHandle discarded = DirectoryHandle.open(target.discarded());
        InputStream blob = new DigestInputStream(new Unclosed(bytes), blobHash);
        InputStream tar =
            new BufferedInputStream(new DigestInputStream(TarInput.open(blob), tarHash), BUFFER)) {
      SpaceMeter space = new SpaceMeter(bounds, target.content());
      LayerDirectory.Position position =
          target.lowest() ? LayerDirectory.Position.LOWEST : LayerDirectory.Position.ABOVE_OTHERS;
      new LayerDirectory(
              content, discarded, new LayerDirectory.Manner(position, target.xattrs()), space)
          .fill(new TarReader(tar));
      drain(tar, space);
      drain(blob, space);
      Digest actual = Digest.finish(blobHash);
      if (!actual.equals(digest)) {
        throw new DigestMismatchException("layer", digest, actual);
      }
      content.sync();
    }
    return Digest.finish(tarHash);
  }

  /** Whose source belongs to another. */
  private static final class Unclosed extends FilterInputStream {
    Unclosed(InputStream source) {
      super(source);
    }

    @Override
    public void close() {}
  }

  /** What comes behind the last entry is a part of both digests. */
  private static void drain(InputStream in, SpaceMeter space) throws IOException {
    byte[] dropped = new byte[BUFFER];
    while (in.read(dropped) >= 0) {
      space.take(0);
    }
  }
}
