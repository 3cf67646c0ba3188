/** Trust: whose certificates are believed, and what is shown to who asks. Knows no HTTP. */
@NullMarked
package io.loadstar.registry.tls;

import org.jspecify.annotations.NullMarked;
