package io.loadstar.layer;

/** Where overlayfs looks for its own extended attributes: by the mount option {@code userxattr}. */
public enum OverlayXattrs {
  /** What root's overlays use. */
  TRUSTED("trusted.overlay.opaque"),
  /** What overlays mounted with {@code userxattr} use. */
  USER("user.overlay.opaque");

  private final String opaque;

  OverlayXattrs(String opaque) {
    this.opaque = opaque;
  }

  /** The attribute that makes a directory hide what lower layers have in it. */
  public String opaque() {
    return opaque;
  }
}
