/** How a blob tells where its TOC is, and how its members are decoded. */
@NullMarked
package io.loadstar.format;

import org.jspecify.annotations.NullMarked;
