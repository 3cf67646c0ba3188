package io.loadstar.containerd;

/**
 * How a container's first process is, at a moment. Immutable.
 *
 * @param pid in the host's namespace
 * @param ended whether it has
 * @param exitStatus its status, or 128 and the number of the signal that ended it; 0 until then
 */
public record TaskState(int pid, boolean ended, int exitStatus) {}
