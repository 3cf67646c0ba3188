package io.loadstar.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints: the version that the build wrote into the jar's manifest. */
final class VersionText implements IVersionProvider {

  @Override
  public String[] getVersion() {
    String version = Loadstar.class.getPackage().getImplementationVersion();
    return new String[] {"loadstar " + (version == null ? "(not packaged)" : version)};
  }
}
