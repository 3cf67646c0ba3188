package io.loadstar;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What may know what in this module: cache ← lazy ← fs ← transport. */
final class FuseArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(
              "io.loadstar.cache",
              "io.loadstar.lazy",
              "io.loadstar.fs",
              "io.loadstar.transport",
              "io.loadstar.linux");

  @Test
  void dependenciesRunOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("cache")
        .definedBy("io.loadstar.cache..")
        .layer("lazy")
        .definedBy("io.loadstar.lazy..")
        .layer("fs")
        .definedBy("io.loadstar.fs..")
        .layer("transport")
        .definedBy("io.loadstar.transport..")
        .whereLayer("transport")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("fs")
        .mayOnlyBeAccessedByLayers("transport")
        .whereLayer("lazy")
        .mayOnlyBeAccessedByLayers("fs")
        .whereLayer("cache")
        .mayOnlyBeAccessedByLayers("lazy", "fs")
        .withOptionalLayers(true)
        .check(CLASSES);
  }

  @Test
  void noHttpAndNoContainerdAndOnlyTheFormatModuleBeneath() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "okhttp3..",
            "io.grpc..",
            "java.net..",
            "com.google.protobuf..",
            "io.loadstar.registry..",
            "io.loadstar.oci..",
            "io.loadstar.snapshot..",
            "io.loadstar.daemon..")
        .check(CLASSES);
  }

  @Test
  void nativeCallsStayInTransportAndLinux() {
    noClasses()
        .that(resideOutsideOfPackages("io.loadstar.transport..", "io.loadstar.linux.."))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("jnr..", "ru.serce..")
                .or(DescribedPredicate.describe("are Linker", FuseArchitectureTest::isLinker)))
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void noSeamSpeaksOfMemorySegments() {
    noMethods()
        .that()
        .arePublic()
        .and()
        .areDeclaredInClassesThat()
        .areInterfaces()
        .and()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackage("io.loadstar.linux..") // libc's calls stand behind every seam
        .should()
        .haveRawParameterTypes(
            DescribedPredicate.describe(
                "with a MemorySegment", FuseArchitectureTest::hasForeignMemory))
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  private static boolean isLinker(JavaClass type) {
    return type.getName().startsWith("java.lang.foreign.Linker");
  }

  private static boolean hasForeignMemory(List<JavaClass> types) {
    return types.stream().anyMatch(type -> type.getName().startsWith("java.lang.foreign."));
  }
}
