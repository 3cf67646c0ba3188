package io.loadstar.convert;

import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MediaTypes;
import io.loadstar.oci.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which entries of an index are brought over: those of the platforms that are wanted and the
 * attestations of these; if all are wanted, everything, known or not. Immutable.
 *
 * @param source the index's place
 * @param choice what is wanted
 * @param listener is told what is left out because it isn't there
 */
record IndexSelection(ImageSource source, PlatformChoice choice, ConversionListener listener) {

  /**
   * The entries, in the index's order.
   *
   * @throws ConversionException if there is none for a platform that is wanted
   */
  List<Descriptor> of(ImageIndex index) throws IOException {
    checkPlatforms(index);
    Set<String> images = new HashSet<>();
    List<Descriptor> chosen = new ArrayList<>();
    for (Descriptor entry : index.manifests()) {
      if (!Attestations.isAttestation(entry) && isWanted(entry) && isThere(entry)) {
        images.add(entry.digest().toString());
      }
    }
    for (Descriptor entry : index.manifests()) {
      boolean attested =
          Attestations.isAttestation(entry)
              && Attestations.subject(entry).map(images::contains).orElse(keepsAll())
              && isThere(entry);
      boolean orphan =
          keepsAll() && Attestations.isAttestation(entry) && !names(index, entry) && isThere(entry);
      if (images.contains(entry.digest().toString()) || attested || orphan) {
        chosen.add(entry);
      }
    }
    return chosen;
  }

  private boolean keepsAll() {
    return choice.platforms().isEmpty();
  }

  /** Whether what an attestation speaks of is in the index at all. */
  private static boolean names(ImageIndex index, Descriptor attestation) {
    String subject = Attestations.subject(attestation).orElse("");
    return index.manifests().stream().anyMatch(each -> each.digest().toString().equals(subject));
  }

  private boolean isWanted(Descriptor entry) {
    return keepsAll() || entry.platform().filter(choice::wants).isPresent();
  }

  private boolean isThere(Descriptor entry) throws IOException {
    boolean document =
        MediaTypes.isManifest(entry.mediaType()) || MediaTypes.isIndex(entry.mediaType());
    if (choice.absent() == PlatformChoice.Absent.REFUSE || !document || source.hasManifest(entry)) {
      return true;
    }
    String platform = entry.platform().map(Platform::toString).orElse("an unknown platform");
    listener.notice("the image for " + platform + " isn't in " + source + " and is left out");
    return false;
  }

  private void checkPlatforms(ImageIndex index) throws ConversionException {
    for (Platform platform : choice.platforms()) {
      if (index.select(platform).isEmpty()) {
        throw new ConversionException(
            source + " has no image for " + platform + " (it has " + platforms(index) + ")");
      }
    }
  }

  private static String platforms(ImageIndex index) {
    List<String> known =
        index.manifests().stream()
            .filter(entry -> !Attestations.isAttestation(entry))
            .flatMap(entry -> entry.platform().stream())
            .map(Platform::toString)
            .distinct()
            .toList();
    return known.isEmpty() ? "none that it names" : String.join(", ", known);
  }
}
