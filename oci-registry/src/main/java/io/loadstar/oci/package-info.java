/**
 * OCI documents and names: references, descriptors, manifests, indexes, configs, and the two ends
 * of a copy.
 */
@NullMarked
package io.loadstar.oci;

import org.jspecify.annotations.NullMarked;
