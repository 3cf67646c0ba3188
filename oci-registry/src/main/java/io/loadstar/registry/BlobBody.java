package io.loadstar.registry;

import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.VerifyingOutput;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/**
 * A blob on its way up. Bytes that aren't the blob's never arrive whole. Remembers whether it was
 * the content or the network that failed. Used by one request at a time.
 */
final class BlobBody extends RequestBody {

  private static final MediaType OCTETS = MediaType.get("application/octet-stream");

  private final Descriptor blob;
  private final BlobContent content;
  private volatile @Nullable IOException unreadable;

  BlobBody(Descriptor blob, BlobContent content) {
    this.blob = blob;
    this.content = content;
  }

  /** Why the content couldn't be read, if it couldn't. */
  Optional<IOException> unreadable() {
    return Optional.ofNullable(unreadable);
  }

  /** The HTTP client must not send it again by itself: the session may have a part of it. */
  @Override
  public boolean isOneShot() {
    return true;
  }

  @Override
  public MediaType contentType() {
    return OCTETS;
  }

  @Override
  public long contentLength() {
    return blob.size();
  }

  @Override
  public void writeTo(BufferedSink sink) throws IOException {
    SinkOutput network = new SinkOutput(sink.outputStream());
    try {
      VerifyingOutput out = new VerifyingOutput(blob, network);
      content.writeTo(out);
      out.finish();
    } catch (IOException e) {
      if (!network.failed) {
        unreadable = e;
      }
      throw e;
    }
  }

  /** Marks failures that are the network's. */
  private static final class SinkOutput extends FilterOutputStream {
    private boolean failed;

    SinkOutput(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        failed = true;
        throw e;
      }
    }

    @Override
    public void flush() {}
  }
}
