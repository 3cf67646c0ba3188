package io.loadstar.credentials;

import java.io.IOException;
import java.util.List;

/**
 * Several places where credentials may be, the first that has some counts. Thread-safe if they are.
 * A place that can't be read is an error only if no other has any.
 */
final class CredentialChain implements CredentialSource {

  private final List<CredentialSource> sources;

  CredentialChain(List<CredentialSource> sources) {
    this.sources = List.copyOf(sources);
  }

  @Override
  public Credentials find(String host) throws IOException {
    return first(source -> source.find(host));
  }

  @Override
  public Credentials find(String host, String repository) throws IOException {
    return first(source -> source.find(host, repository));
  }

  @FunctionalInterface
  private interface Question {
    Credentials ask(CredentialSource source) throws IOException;
  }

  private Credentials first(Question question) throws IOException {
    CredentialException failure = null;
    for (CredentialSource source : sources) {
      try {
        Credentials found = question.ask(source);
        if (!(found instanceof Credentials.Anonymous)) {
          return found;
        }
      } catch (CredentialException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return new Credentials.Anonymous();
  }
}
