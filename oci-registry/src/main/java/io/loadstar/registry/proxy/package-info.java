/** The way out of a network that has no other than a proxy. */
@NullMarked
package io.loadstar.registry.proxy;

import org.jspecify.annotations.NullMarked;
