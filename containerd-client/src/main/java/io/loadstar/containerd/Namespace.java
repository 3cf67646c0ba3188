package io.loadstar.containerd;

import java.util.regex.Pattern;

/**
 * One of containerd's namespaces: {@code default}, {@code k8s.io}, {@code moby}. Immutable.
 *
 * @param name letters and digits, with single {@code . _ -} between them, at most 76 characters (as
 *     containerd's {@code identifiers.Validate} has it)
 */
public record Namespace(String name) {

  private static final int MAX_LENGTH = 76;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*");

  public Namespace {
    if (name.length() > MAX_LENGTH || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "namespace '"
              + name
              + "' isn't letters and digits with . _ - between them, at most "
              + MAX_LENGTH
              + " characters");
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
