package io.loadstar.optimize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A container for runc: config.json of the OCI runtime-spec (config.md, config-linux.md).
 * Immutable.
 *
 * <p>It has what containers mostly have: namespaces of its own, the capabilities that Docker gives,
 * masked paths. It has no seccomp profile and no limits, which would be the node's.
 *
 * @param process what it runs
 * @param user as whom
 * @param mounts beside the image
 * @param network what it can reach
 * @param id its name, by which its cgroup is called too
 */
record RuntimeSpec(
    WorkloadProcess process,
    ContainerUser user,
    List<ContainerMount> mounts,
    WorkloadChoices.Network network,
    String id) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Docker's and containerd's default. */
  private static final List<String> CAPABILITIES =
      List.of(
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FSETID",
          "CAP_FOWNER",
          "CAP_MKNOD",
          "CAP_NET_RAW",
          "CAP_SETGID",
          "CAP_SETUID",
          "CAP_SETFCAP",
          "CAP_SETPCAP",
          "CAP_NET_BIND_SERVICE",
          "CAP_SYS_CHROOT",
          "CAP_KILL",
          "CAP_AUDIT_WRITE");

  /** What every container has (config-linux.md, "Default Filesystems"). */
  private static final List<ContainerMount> USUAL =
      List.of(
          mount("proc", "proc", "/proc", "nosuid,noexec,nodev"),
          mount("tmpfs", "tmpfs", "/dev", "nosuid,strictatime,mode=755,size=65536k"),
          mount(
              "devpts",
              "devpts",
              "/dev/pts",
              "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"),
          mount("tmpfs", "shm", "/dev/shm", "nosuid,noexec,nodev,mode=1777,size=65536k"),
          mount("mqueue", "mqueue", "/dev/mqueue", "nosuid,noexec,nodev"),
          mount("sysfs", "sysfs", "/sys", "nosuid,noexec,nodev,ro"));

  private static final List<ContainerMount> NAMES =
      List.of(
          mount("bind", "/etc/resolv.conf", "/etc/resolv.conf", "rbind,ro"),
          mount("bind", "/etc/hosts", "/etc/hosts", "rbind,ro"));

  private static final List<String> MASKED =
      List.of(
          "/proc/acpi",
          "/proc/asound",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/sys/firmware",
          "/proc/scsi");

  private static final List<String> READ_ONLY =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  private static ContainerMount mount(
      String type, String source, String destination, String options) {
    return new ContainerMount(type, source, destination, List.of(options.split(",", -1)));
  }

  /** The document. */
  String toJson() {
    ObjectNode spec = JSON.createObjectNode().put("ociVersion", "1.0.2");
    putProcess(spec.putObject("process"));
    spec.putObject("root").put("path", "rootfs");
    spec.put("hostname", "loadstar");
    ArrayNode list = spec.putArray("mounts");
    USUAL.forEach(each -> put(each, list));
    if (network == WorkloadChoices.Network.HOST) {
      NAMES.stream()
          .filter(each -> Files.exists(Path.of(each.source())))
          .forEach(each -> put(each, list));
    }
    mounts.forEach(each -> put(each, list));
    putLinux(spec.putObject("linux"));
    try {
      return JSON.writeValueAsString(spec);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values is always JSON", e);
    }
  }

  private void putProcess(ObjectNode node) {
    node.put("terminal", false).put("cwd", process.directory()).put("noNewPrivileges", false);
    ObjectNode who = node.putObject("user").put("uid", user.uid()).put("gid", user.gid());
    user.groups().forEach(who.putArray("additionalGids")::add);
    process.arguments().forEach(node.putArray("args")::add);
    process.environment().forEach(node.putArray("env")::add);
    ObjectNode capabilities = node.putObject("capabilities");
    for (String set : List.of("bounding", "effective", "permitted")) {
      CAPABILITIES.forEach(capabilities.putArray(set)::add);
    }
  }

  private static void put(ContainerMount mount, ArrayNode list) {
    ObjectNode node =
        list.addObject()
            .put("destination", mount.destination())
            .put("type", mount.type())
            .put("source", mount.source());
    mount.options().forEach(node.putArray("options")::add);
  }

  private void putLinux(ObjectNode linux) {
    // At the top: of one in a parent of its own, runc would leave the parent behind.
    linux.put("cgroupsPath", "/" + id);
    linux
        .putObject("resources")
        .putArray("devices")
        .addObject()
        .put("allow", false)
        .put("access", "rwm");
    ArrayNode namespaces = linux.putArray("namespaces");
    for (String type : List.of("pid", "ipc", "uts", "mount", "cgroup")) {
      namespaces.addObject().put("type", type);
    }
    if (network == WorkloadChoices.Network.LOOPBACK) {
      namespaces.addObject().put("type", "network");
    }
    MASKED.forEach(linux.putArray("maskedPaths")::add);
    READ_ONLY.forEach(linux.putArray("readonlyPaths")::add);
  }
}
