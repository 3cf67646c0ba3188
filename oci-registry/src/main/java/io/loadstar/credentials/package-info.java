/** Who we are to a registry: docker's config file and its credential helpers. */
@NullMarked
package io.loadstar.credentials;

import org.jspecify.annotations.NullMarked;
