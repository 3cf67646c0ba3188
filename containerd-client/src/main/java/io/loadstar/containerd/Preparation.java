package io.loadstar.containerd;

import java.util.List;

/** What became of a request to prepare a snapshot. */
public sealed interface Preparation {

  /**
   * The snapshotter has mounted or unpacked the layer itself, and containerd has put it under the
   * lease of the request, if that has one.
   */
  record Held() implements Preparation {}

  /** It is there, and no lease has got it by this request: somebody had prepared it. */
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
