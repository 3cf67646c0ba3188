/**
 * Which hosts answer for a registry, and how each is spoken to: containerd's {@code hosts.toml}, a
 * list of mirrors. Knows no HTTP.
 */
@NullMarked
package io.loadstar.registry.hosts;

import org.jspecify.annotations.NullMarked;
