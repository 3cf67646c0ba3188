package io.loadstar.convert;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MediaTypes;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Brings blobs to the destination, each once, and only if it isn't there. Thread-safe; two threads
 * that bring the same blob at the same time both do it.
 */
final class BlobTransfer {

  private final ImageSource source;
  private final ImageDestination destination;
  private final ConversionListener listener;
  private final Set<Digest> present = ConcurrentHashMap.newKeySet();
  private final LongAdder stored = new LongAdder();

  BlobTransfer(ImageSource source, ImageDestination destination, ConversionListener listener) {
    this.source = source;
    this.destination = destination;
    this.listener = listener;
  }

  ConversionListener listener() {
    return listener;
  }

  /** Bytes that had to be stored so far. */
  long storedBytes() {
    return stored.sum();
  }

  /**
   * Brings a blob of the source over as it is, but for foreign layers, which stay where they are.
   */
  void copy(Descriptor blob) throws IOException {
    if (MediaTypes.isForeignLayer(blob.mediaType()) || isPresent(blob)) {
      return;
    }
    if (destination.takeBlob(blob, source)) {
      present.add(blob.digest());
      return;
    }
    try (BlobSource content = source.openBlob(blob)) {
      store(blob, BlobContent.of(content));
    }
  }

  /** Stores a blob that was made here. */
  void put(Descriptor blob, BlobContent content) throws IOException {
    if (!isPresent(blob)) {
      store(blob, content);
    }
  }

  /** Whether the destination has it. */
  boolean isPresent(Descriptor blob) throws IOException {
    if (present.contains(blob.digest())) {
      return true;
    }
    boolean there = destination.hasBlob(blob);
    if (there) {
      present.add(blob.digest());
    }
    return there;
  }

  private void store(Descriptor blob, BlobContent content) throws IOException {
    listener.writeStarted(blob);
    try {
      destination.putBlob(blob, out -> content.writeTo(new Counted(out, blob)));
    } finally {
      listener.writeEnded(blob);
    }
    present.add(blob.digest());
    stored.add(blob.size());
  }

  private final class Counted extends FilterOutputStream {
    private final Descriptor blob;

    Counted(OutputStream out, Descriptor blob) {
      super(out);
      this.blob = blob;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      listener.written(blob, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      listener.written(blob, length);
    }
  }
}
