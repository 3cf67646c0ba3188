package io.loadstar.inspect;

import io.loadstar.inspect.Finding.Claim;
import io.loadstar.oci.Descriptor;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What became of verifying a layer. Immutable.
 *
 * @param format its format; none of an ordinary layer
 * @param checked the claims that were looked at
 * @param findings those that aren't true, the first wrong byte first
 */
public record VerifiedLayer(
    Descriptor descriptor, Optional<String> format, Set<Claim> checked, List<Finding> findings) {

  public VerifiedLayer {
    checked = Set.copyOf(checked);
    findings = List.copyOf(findings);
  }
}
