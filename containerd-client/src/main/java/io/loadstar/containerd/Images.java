package io.loadstar.containerd;

import com.google.protobuf.FieldMask;
import io.grpc.Channel;
import io.loadstar.api.images.v1.CreateImageRequest;
import io.loadstar.api.images.v1.DeleteImageRequest;
import io.loadstar.api.images.v1.GetImageRequest;
import io.loadstar.api.images.v1.Image;
import io.loadstar.api.images.v1.ImagesGrpc;
import io.loadstar.api.images.v1.ImagesGrpc.ImagesBlockingV2Stub;
import io.loadstar.api.images.v1.ListImagesRequest;
import io.loadstar.api.images.v1.UpdateImageRequest;
import io.loadstar.containerd.ContainerdException.Code;
import java.util.List;
import java.util.Optional;

/** containerd's names of images. Thread-safe. */
public final class Images {

  private final ImagesBlockingV2Stub stub;

  Images(Channel channel) {
    this.stub = ImagesGrpc.newBlockingV2Stub(channel);
  }

  /** The image of that name. */
  public Optional<ImageRecord> get(String name) throws ContainerdException {
    GetImageRequest request = GetImageRequest.newBuilder().setName(name).build();
    try {
      return Optional.of(
          record(
              Calls.run("image " + name, () -> stub.withDeadlineAfter(Calls.QUICK).get(request))
                  .getImage()));
    } catch (ContainerdException e) {
      if (e.code() == Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** All images of the namespace. */
  public List<ImageRecord> list() throws ContainerdException {
    return Calls.run(
            "listing images",
            () -> stub.withDeadlineAfter(Calls.QUICK).list(ListImagesRequest.getDefaultInstance()))
        .getImagesList()
        .stream()
        .map(Images::record)
        .toList();
  }

  /** Makes the image, or lets the name point to {@code image}'s target if it is there. */
  public void put(ImageRecord image) throws ContainerdException {
    Image message =
        Image.newBuilder().setName(image.name()).setTarget(image.target().toMessage()).build();
    try {
      Calls.run(
          "creating image " + image.name(),
          () ->
              stub.withDeadlineAfter(Calls.QUICK)
                  .create(CreateImageRequest.newBuilder().setImage(message).build()));
    } catch (ContainerdException e) {
      if (e.code() != Code.ALREADY_EXISTS) {
        throw e;
      }
      update(message);
    }
  }

  private void update(Image message) throws ContainerdException {
    UpdateImageRequest request =
        UpdateImageRequest.newBuilder()
            .setImage(message)
            .setUpdateMask(FieldMask.newBuilder().addPaths("target"))
            .build();
    Calls.run(
        "updating image " + message.getName(),
        () -> stub.withDeadlineAfter(Calls.QUICK).update(request));
  }

  /** Takes the name away and waits until what only it kept alive has been collected. */
  public void removeAndCollect(String name) throws ContainerdException {
    DeleteImageRequest request =
        DeleteImageRequest.newBuilder().setName(name).setSync(true).build();
    Calls.run("removing image " + name, () -> stub.withDeadlineAfter(Calls.SLOW).delete(request));
  }

  private static ImageRecord record(Image image) {
    return new ImageRecord(image.getName(), ContentDescriptor.of(image.getTarget()));
  }
}
