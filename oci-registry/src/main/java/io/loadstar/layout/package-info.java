/** OCI image layouts on disk. */
@NullMarked
package io.loadstar.layout;

import org.jspecify.annotations.NullMarked;
