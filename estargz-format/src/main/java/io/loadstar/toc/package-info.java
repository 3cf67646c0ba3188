/** The TOC as a document: its rows, and its JSON, to the letter. Nothing here interprets it. */
@NullMarked
package io.loadstar.toc;

import org.jspecify.annotations.NullMarked;
