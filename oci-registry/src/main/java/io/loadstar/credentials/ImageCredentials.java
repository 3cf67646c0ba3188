package io.loadstar.credentials;

import java.io.IOException;
import java.util.List;

/** A place that has credentials for images, and none for a whole registry. */
interface ImageCredentials extends CredentialSource {

  /** Nobody's: they are looked for by image. */
  @Override
  default Credentials find(String host) {
    return new Credentials.Anonymous();
  }

  @Override
  default Credentials find(String host, String repository) throws IOException {
    List<Credentials> all = all(host, repository);
    return all.isEmpty() ? new Credentials.Anonymous() : all.getFirst();
  }

  @Override
  List<Credentials> all(String host, String repository) throws IOException;
}
