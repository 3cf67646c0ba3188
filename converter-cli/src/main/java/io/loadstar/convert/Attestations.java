package io.loadstar.convert;

import io.loadstar.oci.Descriptor;
import java.util.Optional;

/**
 * What becomes of attestations whose image has changed. Source of the annotations: BuildKit,
 * docs/attestations/attestation-storage.md.
 */
public enum Attestations {
  /** They are left out: what they attest isn't there any more. */
  DROP,
  /** They are kept and said to be of the new manifest; their statements stay as they are. */
  KEEP;

  private static final String TYPE = "vnd.docker.reference.type";
  private static final String ATTESTATION = "attestation-manifest";
  private static final String SUBJECT = "vnd.docker.reference.digest";

  /** The digest of the manifest that {@code entry} of an index attests, if it is an attestation. */
  static Optional<String> subject(Descriptor entry) {
    return ATTESTATION.equals(entry.annotations().get(TYPE))
        ? Optional.ofNullable(entry.annotations().get(SUBJECT))
        : Optional.empty();
  }

  /** Whether this is an attestation, of whatever. */
  static boolean isAttestation(Descriptor entry) {
    return ATTESTATION.equals(entry.annotations().get(TYPE));
  }

  /** The attestation {@code entry}, said to be of {@code subject}. */
  static Descriptor pointedTo(Descriptor entry, Descriptor subject) {
    return entry.withAnnotation(SUBJECT, subject.digest().toString());
  }
}
