package io.loadstar.remote;

import io.loadstar.oci.ImageReference;
import io.loadstar.transport.MountSpec.Passthrough;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Of which images the kernel may read whole files itself. Immutable.
 *
 * <p>Where it does, an overlay over an overlay over the layer can't be mounted: so containers that
 * mount overlays over their own root, as docker in docker does, want their images excepted.
 *
 * @param usual what holds for all others
 * @param except images for which it is off: references in which each {@code *} stands for anything
 */
public record PassthroughRule(Passthrough usual, List<String> except) {

  /** Never. */
  public static final PassthroughRule OFF = new PassthroughRule(Passthrough.NONE, List.of());

  public PassthroughRule {
    except = List.copyOf(except);
  }

  /** What holds for an image. */
  Passthrough of(ImageReference image) {
    String name = image.toString();
    return except.stream().anyMatch(glob -> matches(glob, name)) ? Passthrough.NONE : usual;
  }

  private static boolean matches(String glob, String name) {
    return name.matches(Pattern.quote(glob).replace("*", "\\E.*\\Q"));
  }
}
