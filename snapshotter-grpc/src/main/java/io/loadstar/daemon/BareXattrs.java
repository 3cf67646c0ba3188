package io.loadstar.daemon;

/** What becomes of requests for extended attributes of a layer that has none. */
enum BareXattrs {
  /** Each is answered: there is no such attribute. */
  ANSWERED,
  /** The first is refused, and the kernel asks no more. */
  REFUSED
}
