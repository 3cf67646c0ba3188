package io.loadstar;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What may know what in this module: oci ← credentials ← registry, layout ← image. */
final class OciRegistryArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(
              "io.loadstar.oci",
              "io.loadstar.credentials",
              "io.loadstar.registry",
              "io.loadstar.layout",
              "io.loadstar.image");

  @Test
  void dependenciesRunOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("oci")
        .definedBy("io.loadstar.oci..")
        .layer("credentials")
        .definedBy("io.loadstar.credentials..")
        .layer("registry")
        .definedBy("io.loadstar.registry..")
        .layer("layout")
        .definedBy("io.loadstar.layout..")
        .layer("image")
        .definedBy("io.loadstar.image..")
        .whereLayer("image")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("registry")
        .mayOnlyBeAccessedByLayers("image")
        .whereLayer("layout")
        .mayOnlyBeAccessedByLayers("image")
        .whereLayer("credentials")
        .mayOnlyBeAccessedByLayers("registry")
        .check(CLASSES);
  }

  @Test
  void httpStaysInRegistry() {
    noClasses()
        .that(resideOutsideOfPackages("io.loadstar.registry.."))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("okhttp3..", "okio..", "java.net..")
        .check(CLASSES);
  }

  @Test
  void onlyTheFormatModuleIsBeneath() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.grpc..",
            "com.google.protobuf..",
            "jnr..",
            "io.loadstar.cache..",
            "io.loadstar.lazy..",
            "io.loadstar.fs..",
            "io.loadstar.transport..",
            "io.loadstar.snapshot..",
            "io.loadstar.remote..",
            "io.loadstar.cli..")
        .check(CLASSES);
  }
}
