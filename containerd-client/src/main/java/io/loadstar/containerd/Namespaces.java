package io.loadstar.containerd;

import io.grpc.Channel;
import io.loadstar.api.namespaces.v1.DeleteNamespaceRequest;
import io.loadstar.api.namespaces.v1.ListNamespacesRequest;
import io.loadstar.api.namespaces.v1.NamespacesGrpc;
import io.loadstar.api.namespaces.v1.NamespacesGrpc.NamespacesBlockingV2Stub;
import java.util.List;

/**
 * containerd's namespaces. Thread-safe. There is no need to create one: containerd does with the
 * first object that is put into it.
 */
public final class Namespaces {

  private final NamespacesBlockingV2Stub stub;

  Namespaces(Channel channel) {
    this.stub = NamespacesGrpc.newBlockingV2Stub(channel);
  }

  /** All that there are. */
  public List<String> list() throws ContainerdException {
    return Calls.run(
            "listing namespaces",
            () ->
                stub.withDeadlineAfter(Calls.QUICK)
                    .list(ListNamespacesRequest.getDefaultInstance()))
        .getNamespacesList()
        .stream()
        .map(io.loadstar.api.namespaces.v1.Namespace::getName)
        .toList();
  }

  /**
   * Removes one.
   *
   * @throws ContainerdException if there is anything in it still (FAILED_PRECONDITION) or it isn't
   *     there (NOT_FOUND)
   */
  public void remove(Namespace namespace) throws ContainerdException {
    DeleteNamespaceRequest request =
        DeleteNamespaceRequest.newBuilder().setName(namespace.name()).build();
    Calls.run(
        "removing namespace " + namespace,
        () -> stub.withDeadlineAfter(Calls.QUICK).delete(request));
  }
}
