package io.loadstar.inspect;

/**
 * Where a blob is wrong first. Immutable.
 *
 * @param offset the byte of the blob, or -1 if no byte of it is wrong by itself
 * @param message what is wrong there
 */
record WrongPlace(long offset, String message) {}
