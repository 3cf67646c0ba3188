package io.loadstar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Options that are described twice are described alike. */
class DescribedTest {

  private record Facts(
      List<String> names,
      Class<?> type,
      String label,
      List<String> description,
      @Nullable String defaultValue) {

    static Facts of(OptionSpec option) {
      return new Facts(
          List.of(option.names()),
          option.type(),
          option.typeInfo().isBoolean() ? "" : option.paramLabel(),
          List.of(option.description()),
          option.defaultValue());
    }
  }

  private static List<Facts> annotated(Object options) {
    return CommandSpec.forAnnotatedObject(options).options().stream().map(Facts::of).toList();
  }

  private static List<Facts> described(Consumer<CommandSpec> addTo) {
    CommandSpec spec = CommandSpec.create();
    addTo.accept(spec);
    return spec.options().stream().map(Facts::of).toList();
  }

  @Test
  void describedAsAnnotated() {
    assertEquals(annotated(new RegistryOptions()), described(new RegistryOptions()::addTo));
    assertEquals(annotated(new JsonOption()), described(new JsonOption()::addTo));
  }

  @Test
  void whatIsSaidArrives() {
    RegistryOptions registry = new RegistryOptions();
    JsonOption json = new JsonOption();
    CommandSpec spec = CommandSpec.create();
    registry.addTo(spec);
    json.addTo(spec);
    CommandLine line = new CommandLine(spec);
    line.parseArgs("--plain-http", "--user", "me:secret", "--hosts-dir=/here", "--json");
    assertEquals(
        List.of(true, "me:secret", "/here", true),
        List.of(
            registry.plainHttp(),
            registry.user().orElse(""),
            registry.hostsDirectory(),
            json.requested()));
    line.parseArgs();
    assertEquals(
        List.of(false, "/etc/containerd/certs.d", false),
        List.of(registry.plainHttp(), registry.hostsDirectory(), json.requested()));
  }
}
