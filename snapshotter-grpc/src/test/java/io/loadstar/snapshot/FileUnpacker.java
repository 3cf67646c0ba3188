package io.loadstar.snapshot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;

/** "Unpacks" a layer by putting a file into the directory. */
final class FileUnpacker implements LayerUnpacker {

  /** What the file has in it; without it nothing is unpacked. */
  static final String FILE = "containerd.io/snapshot/test.file";

  /** Fails when half is done. */
  static final String BROKEN = "broken";

  @Override
  public void unpack(Request request) throws NotUnpackedException {
    String file = request.labels().get(FILE);
    if (file == null) {
      throw new NotUnpackedException("the labels name no file");
    }
    try {
      Files.writeString(request.content().resolve("file"), file + " on " + request.parentRef());
      Files.createDirectories(request.discarded().resolve("replaced"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (file.equals(BROKEN)) {
      throw new NotUnpackedException("it broke");
    }
  }
}
