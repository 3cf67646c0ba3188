/** A Kubernetes cluster, as far as it has secrets for registries. */
@NullMarked
package io.loadstar.registry.kubernetes;

import org.jspecify.annotations.NullMarked;
