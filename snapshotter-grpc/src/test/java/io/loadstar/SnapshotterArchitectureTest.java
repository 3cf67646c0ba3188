package io.loadstar;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What may know what in this module: snapshot, unpack ← remote; snapshot ← grpc; all ← daemon. */
final class SnapshotterArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(
              "io.loadstar.snapshot",
              "io.loadstar.unpack",
              "io.loadstar.remote",
              "io.loadstar.grpc",
              "io.loadstar.daemon");

  @Test
  void dependenciesRunOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("snapshot")
        .definedBy("io.loadstar.snapshot..")
        .layer("unpack")
        .definedBy("io.loadstar.unpack..")
        .layer("remote")
        .definedBy("io.loadstar.remote..")
        .layer("grpc")
        .definedBy("io.loadstar.grpc..")
        .layer("daemon")
        .definedBy("io.loadstar.daemon..")
        .whereLayer("daemon")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("grpc")
        .mayOnlyBeAccessedByLayers("daemon")
        .whereLayer("remote")
        .mayOnlyBeAccessedByLayers("daemon")
        .whereLayer("unpack")
        .mayOnlyBeAccessedByLayers("remote", "daemon")
        .whereLayer("snapshot")
        .mayOnlyBeAccessedByLayers("remote", "grpc", "daemon")
        .check(CLASSES);
  }

  @Test
  void snapshotsKnowNothingOfLazyPulling() {
    noClasses()
        .that()
        .resideInAPackage("io.loadstar.snapshot..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.loadstar.blob..",
            "io.loadstar.format..",
            "io.loadstar.layer..",
            "io.loadstar.lazy..",
            "io.loadstar.registry..",
            "io.loadstar.oci..",
            "io.loadstar.transport..",
            "io.loadstar.api..")
        .check(CLASSES);
  }

  @Test
  void grpcIsSpokenByTheServicesOnly() {
    noClasses()
        .that(resideOutsideOfPackages("io.loadstar.grpc..", "io.loadstar.daemon.."))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.grpc..", "io.netty..", "com.google.protobuf..", "io.loadstar.api..")
        .check(CLASSES);
  }

  @Test
  void noHttpClientNoJnrAndNoCommandLineTool() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                    "okhttp3..",
                    "jnr..",
                    "ru.serce..",
                    "io.loadstar.convert..",
                    "io.loadstar.cli..")
                .or(
                    DescribedPredicate.describe(
                        "are Linker",
                        type -> type.getName().startsWith("java.lang.foreign.Linker"))))
        .check(CLASSES);
  }

  @Test
  void pullsAreServedByTheDaemonOnly() {
    noClasses()
        .that(resideOutsideOfPackages("io.loadstar.daemon.."))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.loadstar.pull..")
        .check(CLASSES);
  }

  @Test
  void transportsAreChosenByTheWiringOnly() {
    noClasses()
        .that()
        .haveNameNotMatching("io\\.loadstar\\.daemon\\.(Fuse)?Wiring")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.loadstar.transport.jnr..", "io.loadstar.transport.kernel..")
        .check(CLASSES);
  }
}
