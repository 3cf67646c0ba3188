package io.loadstar.optimize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who an image's config means. */
class ContainerUserTest {

  private static final ContainerUser.Accounts ACCOUNTS =
      new ContainerUser.Accounts(
          "root:x:0:0:root:/root:/bin/sh\nbroken\napp:x:1000:1001::/srv:/bin/sh\nbad:x:y:z\n",
          "root:x:0:\nvideo:x:44:app,other\naudio:x:45:other\nbad:x:q:app\n");
  private static final ContainerUser.Accounts NONE = new ContainerUser.Accounts("", "");

  private static ContainerUser user(String wanted) throws IOException {
    return ContainerUser.of(wanted, ACCOUNTS);
  }

  @Test
  void namesAndNumbersMeanTheSame() throws IOException {
    ContainerUser app = new ContainerUser(1000, 1001, List.of(44L));
    assertEquals(app, user("app"));
    assertEquals(app, user("1000"));
    assertEquals(new ContainerUser(1000, 44, List.of(44L)), user("app:video"));
    assertEquals(new ContainerUser(1000, 7, List.of(44L)), user("1000:7"));
  }

  @Test
  void nobodySaidIsRoot() throws IOException {
    assertEquals(new ContainerUser(0, 0, List.of()), user(""));
    assertEquals(new ContainerUser(0, 0, List.of()), ContainerUser.of("", NONE));
    assertEquals(new ContainerUser(0, 44, List.of()), user(":video"));
  }

  @Test
  void aNumberNeedsNoAccount() throws IOException {
    assertEquals(new ContainerUser(99, 0, List.of()), ContainerUser.of("99", NONE));
    assertEquals(
        new ContainerUser(4_294_967_294L, 3, List.of()), ContainerUser.of("4294967294:3", NONE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"nobody", "app:nogroup", "bad", "4294967295", "99999999999", "-1"})
  void whoIsNotThereIsAnError(String wanted) {
    assertThrows(OptimizationException.class, () -> user(wanted));
  }
}
