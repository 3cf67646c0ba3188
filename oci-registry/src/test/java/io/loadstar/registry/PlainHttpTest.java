package io.loadstar.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.oci.ImageReference;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PlainHttpTest {

  @ParameterizedTest
  @CsvSource({
    "localhost, http",
    "localhost:5000, http",
    "127.0.0.1:5000, http",
    "127.9.9.9, http",
    "[::1]:5000, http",
    "127.0.0.1.example, https",
    "localhost.example:5000, https",
    "10.0.0.1:5000, https",
    "[::2]:5000, https",
    "128.0.0.1, https"
  })
  void onlyThisMachineIsSpokenToInTheClear(String host, String scheme) throws RegistryException {
    RegistryAccess access = RegistryAccess.defaults();
    ImageReference image = ImageReference.parse(host + "/a");
    assertEquals(scheme, RegistryHost.toWrite(image, access).base().scheme());
  }

  @Test
  void otherHostsAreIfAsked() throws RegistryException {
    assertTrue(PlainHttp.hosts(Set.of("r.example:5000")).allows("r.example:5000"));
    assertTrue(PlainHttp.hosts(Set.of("r.example:5000")).allows("localhost"));
    assertEquals(false, PlainHttp.hosts(Set.of("r.example:5000")).allows("r.example"));
    assertTrue(PlainHttp.everywhere().allows("r.example"));
  }

  @Test
  void dockersHubHasAServerOfAnotherName() throws RegistryException {
    RegistryHost hub =
        RegistryHost.toWrite(ImageReference.parse("alpine"), RegistryAccess.defaults());
    assertEquals("https://registry-1.docker.io/v2/", hub.base().toString());
    assertEquals("docker.io", hub.registry());
  }
}
