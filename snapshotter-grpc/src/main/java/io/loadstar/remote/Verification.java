package io.loadstar.remote;

/** What is asked of a layer before it is mounted. */
public enum Verification {
  /** The manifest must promise the TOC's digest, and the TOC must have it. */
  REQUIRED,
  /** A TOC must have the digest that the manifest promises, where it promises one. */
  WHERE_PROMISED,
  /** Promises aren't looked at; chunks are still compared with what the TOC says of them. */
  DISABLED
}
