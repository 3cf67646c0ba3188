/** Registries over HTTP: manifests, blobs, range requests, uploads, tokens, retries. */
@NullMarked
package io.loadstar.registry;

import org.jspecify.annotations.NullMarked;
