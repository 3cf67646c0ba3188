package io.loadstar.oci;

/**
 * Something that speaks of a manifest: a signature, an attestation. Immutable. Source: OCI
 * distribution-spec 1.1, "Listing Referrers"; cosign's SIGNATURE_SPEC.md for the tags.
 *
 * @param kind its artifact type, or the kind that its tag says
 * @param place where it is: its digest or its tag
 */
public record Referrer(String kind, String place) {}
