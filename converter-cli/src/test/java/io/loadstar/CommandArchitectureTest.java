package io.loadstar;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What may know what in this module. */
final class CommandArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(
              "io.loadstar.cli",
              "io.loadstar.convert",
              "io.loadstar.node",
              "io.loadstar.inspect",
              "io.loadstar.optimize");

  @Test
  void theDaemonIsNotKnown() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.loadstar.snapshot..",
            "io.loadstar.remote..",
            "io.loadstar.grpc..",
            "io.loadstar.daemon..")
        .check(CLASSES);
  }

  @Test
  void theWorkKnowsNothingOfTheCommandLine() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.loadstar.convert..",
            "io.loadstar.node..",
            "io.loadstar.inspect..",
            "io.loadstar.optimize..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.loadstar.cli..", "picocli..")
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

  @Test
  void nothingNativeIsCalled() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("jnr..", "ru.serce..", "java.lang.foreign..")
        .check(CLASSES);
  }
}
