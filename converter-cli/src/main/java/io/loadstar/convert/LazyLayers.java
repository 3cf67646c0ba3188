package io.loadstar.convert;

/** What becomes of layers that are in the wanted format already. */
public enum LazyLayers {
  /** They stay as they are. */
  KEEP,
  /** They are laid out anew, as the options say. */
  REWRITE
}
