package io.loadstar;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What may know what in this module, which stands on no other. */
final class ClientArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.loadstar.containerd");

  @Test
  void itStandsOnGrpcAndOnNoOtherModule() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "org.jspecify..",
            "io.grpc..",
            "io.netty..",
            "com.google.protobuf..",
            "com.google.rpc..",
            "io.loadstar.api..",
            "io.loadstar.containerd..")
        .check(CLASSES);
  }

  @Test
  void itsPublicMethodsSpeakOfNeitherGrpcNorProtobuf() {
    noMethods()
        .that()
        .arePublic()
        .and()
        .areDeclaredInClassesThat()
        .arePublic()
        .should()
        .haveRawParameterTypes(
            DescribedPredicate.describe("of the wire", ClientArchitectureTest::anyOfTheWire))
        .orShould()
        .haveRawReturnType(
            DescribedPredicate.describe("of the wire", ClientArchitectureTest::ofTheWire))
        .check(CLASSES);
  }

  @Test
  void nothingNativeIsLoaded() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.netty.channel.epoll..", "java.lang.foreign..", "jnr..")
        .check(CLASSES);
  }

  private static boolean anyOfTheWire(List<JavaClass> types) {
    return types.stream().anyMatch(ClientArchitectureTest::ofTheWire);
  }

  private static boolean ofTheWire(JavaClass type) {
    return type.getPackageName().startsWith("io.grpc")
        || type.getPackageName().startsWith("com.google.protobuf")
        || type.getPackageName().startsWith("io.loadstar.api");
  }
}
