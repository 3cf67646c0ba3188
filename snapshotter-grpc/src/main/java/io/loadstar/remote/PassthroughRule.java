package io.loadstar.remote;

import io.loadstar.transport.MountSpec.Passthrough;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Of which layers the kernel may read whole files itself. Immutable.
 *
 * <p>Where it does, an overlay over an overlay over the layer can't be mounted: so containers that
 * mount overlays over their own root, as docker in docker does, want their images excepted.
 *
 * @param usual what holds for all others
 *     <p>One mount serves all who share a layer: for that it is the namespace that counts which
 *     asked first.
 * @param usual what holds for all others
 * @param images those for which it is off: references in which each {@code *} stands for anything
 * @param namespaces those of containerd for which it is off, likewise
 */
public record PassthroughRule(Passthrough usual, List<String> images, List<String> namespaces) {

  /** Never. */
  public static final PassthroughRule OFF =
      new PassthroughRule(Passthrough.NONE, List.of(), List.of());

  public PassthroughRule {
    images = List.copyOf(images);
    namespaces = List.copyOf(namespaces);
  }

  /** What holds for a layer. */
  Passthrough of(LayerSource source) {
    String image = source.image().toString();
    String namespace = source.asked().namespace();
    boolean excepted =
        images.stream().anyMatch(glob -> matches(glob, image))
            || namespaces.stream().anyMatch(glob -> matches(glob, namespace));
    return excepted ? Passthrough.NONE : usual;
  }

  private static boolean matches(String glob, String name) {
    return name.matches(Pattern.quote(glob).replace("*", "\\E.*\\Q"));
  }
}
