package io.loadstar.containerd;

import io.grpc.Channel;
import io.loadstar.api.tasks.v1.CreateTaskRequest;
import io.loadstar.api.tasks.v1.DeleteTaskRequest;
import io.loadstar.api.tasks.v1.GetRequest;
import io.loadstar.api.tasks.v1.KillRequest;
import io.loadstar.api.tasks.v1.StartRequest;
import io.loadstar.api.tasks.v1.TasksGrpc;
import io.loadstar.api.tasks.v1.TasksGrpc.TasksBlockingV2Stub;
import io.loadstar.api.types.v1.Process;
import io.loadstar.api.types.v1.Status;
import io.loadstar.containerd.ContainerdException.Code;
import java.nio.file.Path;
import java.util.List;

/** Containers that run. Thread-safe. */
public final class Tasks {

  private final TasksBlockingV2Stub stub;

  Tasks(Channel channel) {
    this.stub = TasksGrpc.newBlockingV2Stub(channel);
  }

  /**
   * Makes the task of a container, which doesn't run yet. It has no input.
   *
   * @param rootfs what containerd mounts as its file system, and unmounts when the task is deleted
   * @param output the file that gets what it writes to standard output and standard error
   */
  public void create(String container, List<Mount> rootfs, Path output) throws ContainerdException {
    String uri = "file://" + output;
    CreateTaskRequest request =
        CreateTaskRequest.newBuilder()
            .setContainerId(container)
            .addAllRootfs(rootfs.stream().map(Mount::toMessage).toList())
            .setStdout(uri)
            .setStderr(uri)
            .build();
    Calls.run(
        "creating the task of " + container,
        () -> stub.withDeadlineAfter(Calls.SLOW).create(request));
  }

  /** Lets it run. */
  public void start(String container) throws ContainerdException {
    StartRequest request = StartRequest.newBuilder().setContainerId(container).build();
    Calls.run("starting " + container, () -> stub.withDeadlineAfter(Calls.SLOW).start(request));
  }

  /** How it is. */
  public TaskState state(String container) throws ContainerdException {
    GetRequest request = GetRequest.newBuilder().setContainerId(container).build();
    Process process =
        Calls.tidying(
                "looking for the task of " + container,
                () -> stub.withDeadlineAfter(Calls.QUICK).get(request))
            .getProcess();
    return new TaskState(
        process.getPid(), process.getStatus() == Status.STOPPED, process.getExitStatus());
  }

  /**
   * Sends a signal to its first process; one that has ended, or isn't there, is no error.
   *
   * @param signal its number, as Linux has it
   */
  public void kill(String container, int signal) throws ContainerdException {
    KillRequest request =
        KillRequest.newBuilder().setContainerId(container).setSignal(signal).build();
    ignoringNotFound(
        "sending signal " + signal + " to " + container,
        () -> stub.withDeadlineAfter(Calls.QUICK).kill(request));
  }

  /**
   * Removes a task that has ended, or never ran, and unmounts its file system; one that isn't there
   * is no error.
   *
   * @throws ContainerdException FAILED_PRECONDITION if it runs
   */
  public void delete(String container) throws ContainerdException {
    DeleteTaskRequest request = DeleteTaskRequest.newBuilder().setContainerId(container).build();
    ignoringNotFound(
        "deleting the task of " + container,
        () -> stub.withDeadlineAfter(Calls.SLOW).delete(request));
  }

  private static void ignoringNotFound(String what, Calls.Call<?> call) throws ContainerdException {
    try {
      Calls.tidying(what, call);
    } catch (ContainerdException e) {
      if (e.code() != Code.NOT_FOUND) {
        throw e;
      }
    }
  }
}
