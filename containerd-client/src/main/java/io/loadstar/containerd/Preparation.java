package io.loadstar.containerd;

import java.util.List;

/** What became of a request to prepare a snapshot. */
public sealed interface Preparation {

  /** It is there: the snapshotter has mounted the layer itself, or somebody had prepared it. */
  record Present() implements Preparation {}

  /**
   * It is to be filled by whoever asked, through these mounts, and then committed.
   *
   * @param mounts where the content goes
   */
  record ToFill(List<Mount> mounts) implements Preparation {
    public ToFill {
      mounts = List.copyOf(mounts);
    }
  }
}
