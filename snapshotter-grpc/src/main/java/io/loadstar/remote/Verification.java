package io.loadstar.remote;

/**
 * What the configuration asks of a layer before it is mounted. Less than {@link #REQUIRED} is only
 * asked of a layer whose labels say that it may be unverified.
 */
public enum Verification {
  /** The manifest must promise the TOC's digest, and the TOC must have it. */
  REQUIRED,
  /** A TOC must have the digest that the manifest promises, where it promises one. */
  WHERE_PROMISED,
  /** Promises aren't looked at; chunks are still compared with what the TOC says of them. */
  DISABLED
}
