package io.loadstar;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/**
 * What may know what in this module: blob ← codec ← gzip, zstd ← tar ← layer ← format ← build; toc
 * and deflate beside.
 */
final class FormatArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(
              "io.loadstar.blob",
              "io.loadstar.codec",
              "io.loadstar.gzip",
              "io.loadstar.deflate",
              "io.loadstar.zstd",
              "io.loadstar.tar",
              "io.loadstar.toc",
              "io.loadstar.layer",
              "io.loadstar.format",
              "io.loadstar.build");

  @Test
  void dependenciesRunOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("blob")
        .definedBy("io.loadstar.blob..")
        .layer("codec")
        .definedBy("io.loadstar.codec..")
        .layer("zstd")
        .definedBy("io.loadstar.zstd..")
        .layer("gzip")
        .definedBy("io.loadstar.gzip..")
        .layer("deflate")
        .definedBy("io.loadstar.deflate..")
        .layer("tar")
        .definedBy("io.loadstar.tar..")
        .layer("toc")
        .definedBy("io.loadstar.toc..")
        .layer("layer")
        .definedBy("io.loadstar.layer..")
        .layer("format")
        .definedBy("io.loadstar.format..")
        .layer("build")
        .definedBy("io.loadstar.build..")
        .whereLayer("build")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("format")
        .mayOnlyBeAccessedByLayers("build")
        .whereLayer("layer")
        .mayOnlyBeAccessedByLayers("format", "build")
        .whereLayer("toc")
        .mayOnlyBeAccessedByLayers("layer", "format", "build")
        .whereLayer("tar")
        .mayOnlyBeAccessedByLayers("layer", "format", "build")
        .whereLayer("deflate")
        .mayOnlyBeAccessedByLayers("build")
        .whereLayer("codec")
        .mayOnlyBeAccessedByLayers("gzip", "zstd", "format", "build")
        .whereLayer("zstd")
        .mayOnlyBeAccessedByLayers("format")
        .whereLayer("gzip")
        .mayOnlyBeAccessedByLayers("tar", "format", "build")
        .check(CLASSES);
  }

  @Test
  void nothingButTheJdkJacksonAndZstdBeneath() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "org.jspecify..",
            "com.fasterxml.jackson.core..",
            "com.github.luben.zstd..",
            "io.loadstar.blob..",
            "io.loadstar.codec..",
            "io.loadstar.gzip..",
            "io.loadstar.deflate..",
            "io.loadstar.zstd..",
            "io.loadstar.tar..",
            "io.loadstar.toc..",
            "io.loadstar.layer..",
            "io.loadstar.format..",
            "io.loadstar.build..")
        .check(CLASSES);
  }

  @Test
  void noNetworkAndNoNativeCalls() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.net..", "java.lang.foreign..")
        .check(CLASSES);
  }

  @Test
  void jsonStaysInToc() {
    noClasses()
        .that(resideOutsideOfPackages("io.loadstar.toc.."))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("com.fasterxml..")
        .check(CLASSES);
  }

  @Test
  void threadsAreStartedByTheBuilderAlone() {
    noClasses()
        .that(resideOutsideOfPackages("io.loadstar.build.."))
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.util.concurrent.Executors")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Thread.class)
        .check(CLASSES);
  }
}
