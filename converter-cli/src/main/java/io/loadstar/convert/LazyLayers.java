package io.loadstar.convert;

/** What becomes of layers that are eStargz already. */
public enum LazyLayers {
  /** They stay as they are. */
  KEEP,
  /** They are laid out anew, as the options say. */
  REWRITE
}
