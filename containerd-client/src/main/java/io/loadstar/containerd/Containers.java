package io.loadstar.containerd;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.grpc.Channel;
import io.loadstar.api.containers.v1.ContainersGrpc;
import io.loadstar.api.containers.v1.ContainersGrpc.ContainersBlockingV2Stub;
import io.loadstar.api.containers.v1.CreateContainerRequest;
import io.loadstar.api.containers.v1.DeleteContainerRequest;
import io.loadstar.api.containers.v1.GetContainerRequest;
import io.loadstar.api.containers.v1.ListContainersRequest;
import io.loadstar.api.runc.v1.Options;
import io.loadstar.containerd.ContainerdException.Code;
import java.util.List;
import java.util.Optional;

/** containerd's containers: what is to run, whether it does or not. Thread-safe. */
public final class Containers {

  private static final String RUNTIME = "io.containerd.runc.v2";

  /** containerd's names of the types that it finds in an Any (its package typeurl). */
  private static final String SPEC_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Spec";

  private static final String OPTIONS_TYPE = "containerd.runc.v1.Options";

  private final ContainersBlockingV2Stub stub;

  Containers(Channel channel) {
    this.stub = ContainersGrpc.newBlockingV2Stub(channel);
  }

  /**
   * Makes a container that refers to no image and no snapshot: its file system comes with its task.
   *
   * @throws ContainerdException ALREADY_EXISTS if there is one of that id
   */
  public void create(Container container) throws ContainerdException {
    Options options = Options.newBuilder().setRoot(container.runcRoot().toString()).build();
    io.loadstar.api.containers.v1.Container message =
        io.loadstar.api.containers.v1.Container.newBuilder()
            .setId(container.id())
            .setRuntime(
                io.loadstar.api.containers.v1.Container.Runtime.newBuilder()
                    .setName(RUNTIME)
                    .setOptions(any(OPTIONS_TYPE, options)))
            .setSpec(
                Any.newBuilder()
                    .setTypeUrl(SPEC_TYPE)
                    .setValue(ByteString.copyFromUtf8(container.spec())))
            .build();
    CreateContainerRequest request =
        CreateContainerRequest.newBuilder().setContainer(message).build();
    Calls.run(
        "creating container " + container.id(),
        () -> stub.withDeadlineAfter(Calls.QUICK).create(request));
  }

  private static Any any(String type, MessageLite message) {
    return Any.newBuilder().setTypeUrl(type).setValue(message.toByteString()).build();
  }

  /** Removes a container, whose task must be gone; one that isn't there is no error. */
  public void delete(String id) throws ContainerdException {
    DeleteContainerRequest request = DeleteContainerRequest.newBuilder().setId(id).build();
    try {
      Calls.tidying(
          "deleting container " + id, () -> stub.withDeadlineAfter(Calls.QUICK).delete(request));
    } catch (ContainerdException e) {
      if (e.code() != Code.NOT_FOUND) {
        throw e;
      }
    }
  }

  /** The container of that id. */
  public Optional<ContainerInfo> get(String id) throws ContainerdException {
    GetContainerRequest request = GetContainerRequest.newBuilder().setId(id).build();
    try {
      io.loadstar.api.containers.v1.Container found =
          Calls.run("container " + id, () -> stub.withDeadlineAfter(Calls.QUICK).get(request))
              .getContainer();
      return Optional.of(
          new ContainerInfo(
              found.getId(), found.getImage(), found.getSnapshotter(), found.getSnapshotKey()));
    } catch (ContainerdException e) {
      if (e.code() == Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** The ids of all containers of the namespace. */
  public List<String> list() throws ContainerdException {
    return Calls.run(
            "listing containers",
            () ->
                stub.withDeadlineAfter(Calls.QUICK)
                    .list(ListContainersRequest.getDefaultInstance()))
        .getContainersList()
        .stream()
        .map(io.loadstar.api.containers.v1.Container::getId)
        .toList();
  }
}
