package io.loadstar.cli;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;

/** What commands use that describe themselves to the parser without annotations. */
final class Described {

  private Described() {}

  /** Begins the description of an option. */
  static OptionSpec.Builder option(Class<?> type, String... names) {
    return OptionSpec.builder(names).type(type);
  }

  /** Tells {@code receiver} whether a flag is set. */
  static ISetter flag(Consumer<Boolean> receiver) {
    return new ISetter() {
      @Override
      public <T> @Nullable T set(@Nullable T value) {
        receiver.accept(Boolean.TRUE.equals(value));
        return null;
      }
    };
  }

  /** Tells {@code receiver} a value, if there is one. */
  static ISetter word(Consumer<String> receiver) {
    return new ISetter() {
      @Override
      public <T> @Nullable T set(@Nullable T value) {
        if (value instanceof String word) {
          receiver.accept(word);
        }
        return null;
      }
    };
  }
}
