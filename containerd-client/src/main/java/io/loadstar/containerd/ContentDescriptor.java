package io.loadstar.containerd;

/**
 * Names some content, as containerd's services take it. Immutable.
 *
 * @param mediaType the media type
 * @param digest {@code sha256:<hex>}
 * @param size in bytes
 */
public record ContentDescriptor(String mediaType, String digest, long size) {

  public ContentDescriptor {
    if (size < 0) {
      throw new IllegalArgumentException(digest + " has a size of " + size);
    }
  }

  static ContentDescriptor of(io.loadstar.api.types.Descriptor descriptor) {
    return new ContentDescriptor(
        descriptor.getMediaType(), descriptor.getDigest(), descriptor.getSize());
  }

  io.loadstar.api.types.Descriptor toMessage() {
    return io.loadstar.api.types.Descriptor.newBuilder()
        .setMediaType(mediaType)
        .setDigest(digest)
        .setSize(size)
        .build();
  }
}
