package io.loadstar;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What may know what in this module: command and daemon both use it, and it knows neither. */
final class PullArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.loadstar.pull");

  @Test
  void neitherCommandNorDaemonIsKnown() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.loadstar.cli..",
            "io.loadstar.convert..",
            "io.loadstar.node..",
            "io.loadstar.snapshot..",
            "io.loadstar.remote..",
            "io.loadstar.grpc..",
            "io.loadstar.daemon..",
            "picocli..")
        .check(CLASSES);
  }

  @Test
  void theWireStaysInTheClients() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "okhttp3..", "io.grpc..", "io.netty..", "com.google.protobuf..", "io.loadstar.api..")
        .check(CLASSES);
  }
}
