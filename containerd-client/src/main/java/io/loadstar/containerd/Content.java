package io.loadstar.containerd;

import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import io.grpc.Channel;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.loadstar.api.content.v1.AbortRequest;
import io.loadstar.api.content.v1.ContentGrpc;
import io.loadstar.api.content.v1.ContentGrpc.ContentBlockingV2Stub;
import io.loadstar.api.content.v1.Info;
import io.loadstar.api.content.v1.InfoRequest;
import io.loadstar.api.content.v1.ListStatusesRequest;
import io.loadstar.api.content.v1.ReadContentRequest;
import io.loadstar.api.content.v1.ReadContentResponse;
import io.loadstar.api.content.v1.Status;
import io.loadstar.api.content.v1.UpdateRequest;
import io.loadstar.containerd.ContainerdException.Code;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** containerd's content store: blobs by digest. Thread-safe. */
public final class Content {

  /** What became of a write. */
  public enum Written {
    /** The bytes went there. */
    STORED,
    /** They were there already. */
    PRESENT
  }

  /** How long somebody else's write of the same blob is waited for. */
  private static final Duration BUSY_LIMIT = Duration.ofMinutes(10);

  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long LONGEST_PAUSE_MILLIS = 2_000;

  private final ContentBlockingV2Stub stub;

  Content(Channel channel) {
    this.stub = ContentGrpc.newBlockingV2Stub(channel);
  }

  /** What is known of a blob, if it is there. */
  public Optional<ContentInfo> info(String digest) throws ContainerdException {
    InfoRequest request = InfoRequest.newBuilder().setDigest(digest).build();
    try {
      Info info =
          Calls.run("content " + digest, () -> stub.withDeadlineAfter(Calls.QUICK).info(request))
              .getInfo();
      return Optional.of(new ContentInfo(info.getDigest(), info.getSize(), info.getLabelsMap()));
    } catch (ContainerdException e) {
      if (e.code() == Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Adds or replaces {@code labels} on a blob; its other labels stay. */
  public void label(String digest, Map<String, String> labels) throws ContainerdException {
    UpdateRequest request =
        UpdateRequest.newBuilder()
            .setInfo(Info.newBuilder().setDigest(digest).putAllLabels(labels))
            .setUpdateMask(
                FieldMask.newBuilder()
                    .addAllPaths(labels.keySet().stream().map(key -> "labels." + key).toList()))
            .build();
    Calls.run(
        "labelling content " + digest, () -> stub.withDeadlineAfter(Calls.QUICK).update(request));
  }

  /**
   * Writes a blob, unless it is there. containerd checks digest and size before the blob exists.
   * What an earlier write left is continued; if somebody else writes the same blob, that is waited
   * for. A write that fails leaves nothing.
   *
   * @param ref names the write; the same for all who write this blob
   * @param labels for the blob, if it is stored now
   * @throws ContainerdException if containerd refuses the bytes (FAILED_PRECONDITION: they aren't
   *     what {@code blob} says), or as for any call
   * @throws IOException if {@code body} can't give its bytes
   * @throws InterruptedException if the thread is interrupted while waiting
   */
  public Written write(
      String ref, ContentDescriptor blob, Map<String, String> labels, ContentBody body)
      throws ContainerdException, IOException, InterruptedException {
    Instant limit = Instant.now().plus(BUSY_LIMIT);
    long pause = FIRST_PAUSE_MILLIS;
    while (true) {
      try (Ingest ingest = new Ingest(stub, ref, blob)) {
        if (ingest.open() == Ingest.Opened.PRESENT) {
          return Written.PRESENT;
        }
        return write(ingest, labels, body);
      } catch (Ingest.BusyException e) {
        if (Instant.now().isAfter(limit)) {
          throw e.refusal();
        }
        Thread.sleep(pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
      }
    }
  }

  private Written write(Ingest ingest, Map<String, String> labels, ContentBody body)
      throws ContainerdException, IOException, Ingest.BusyException {
    try {
      boolean resumed = ingest.offset() > 0;
      try {
        ingest.write(body, labels);
      } catch (ContainerdException e) {
        if (!resumed || e.code() != Code.FAILED_PRECONDITION) {
          throw e;
        }
        ingest.reopen();
        ingest.write(body, labels);
      }
      return Written.STORED;
    } catch (ContainerdException | IOException | Ingest.BusyException | RuntimeException e) {
      ingest.close();
      abort(ingest.ref(), e);
      throw e;
    }
  }

  /** Drops what is unfinished, because of {@code reason}; that there is none is no error. */
  private void abort(String ref, Exception reason) {
    AbortRequest request = AbortRequest.newBuilder().setRef(ref).build();
    try {
      Calls.tidying(
          "aborting write " + ref, () -> stub.withDeadlineAfter(Calls.QUICK).abort(request));
    } catch (ContainerdException e) {
      if (e.code() != Code.NOT_FOUND) {
        reason.addSuppressed(e);
      }
    }
  }

  /** The names of the writes that are under way or were cut off. */
  public List<String> unfinished() throws ContainerdException {
    return Calls.run(
            "listing writes",
            () ->
                stub.withDeadlineAfter(Calls.QUICK)
                    .listStatuses(ListStatusesRequest.getDefaultInstance()))
        .getStatusesList()
        .stream()
        .map(Status::getRef)
        .toList();
  }

  /**
   * A whole blob.
   *
   * @param limit the most bytes that are taken into memory
   * @throws IOException if it is larger
   */
  public byte[] read(String digest, int limit) throws ContainerdException, IOException {
    Optional<ContentInfo> info = info(digest);
    if (info.isPresent() && info.get().size() > limit) {
      throw new IOException("content " + digest + " is larger than " + limit + " bytes");
    }
    return Calls.run("reading content " + digest, () -> stream(digest)).toByteArray();
  }

  /**
   * A run of a blob's bytes, as they arrive; the caller closes it.
   *
   * @param offset the first byte
   * @param length how many; the blob has at least as many
   */
  public InputStream open(String digest, long offset, long length) {
    if (length == 0) {
      return InputStream.nullInputStream();
    }
    ReadContentRequest request =
        ReadContentRequest.newBuilder().setDigest(digest).setOffset(offset).setSize(length).build();
    return new ContentStream(
        stub.withDeadlineAfter(Calls.VERY_SLOW).read(request), "reading content " + digest, length);
  }

  private ByteString stream(String digest) throws StatusException {
    BlockingClientCall<?, ReadContentResponse> answers =
        stub.withDeadlineAfter(Calls.SLOW)
            .read(ReadContentRequest.newBuilder().setDigest(digest).build());
    ByteString bytes = ByteString.empty();
    try {
      ReadContentResponse answer = answers.read();
      while (answer != null) {
        bytes = bytes.concat(answer.getData());
        answer = answers.read();
      }
      return bytes;
    } catch (InterruptedException e) {
      throw Interruption.of(answers, e);
    }
  }
}
