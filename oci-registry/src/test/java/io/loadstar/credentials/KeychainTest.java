package io.loadstar.credentials;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class KeychainTest {

  private static final Credentials NOBODY = new Credentials.Anonymous();
  private static final Credentials A = new Credentials.UsernamePassword("a", "1");
  private static final Credentials B = new Credentials.UsernamePassword("b", "2");
  private static final Credentials C = new Credentials.IdentityToken("3");

  private final AtomicLong now = new AtomicLong();

  private Keychain keychain(CredentialSource... places) {
    return new Keychain(List.of(places), now::get);
  }

  /** Has these for everyone. */
  private static CredentialSource place(Credentials... all) {
    return new CredentialSource() {
      @Override
      public Credentials find(String host) {
        return all[0];
      }

      @Override
      public List<Credentials> all(String host, String repository) {
        return List.of(all);
      }
    };
  }

  @Test
  void thePlacesAreAskedInTheirOrderAndOnlyAsFarAsNeeded() throws IOException {
    List<String> asked = new ArrayList<>();
    CredentialSource first =
        host -> {
          asked.add("first");
          return host.equals("x") ? A : NOBODY;
        };
    CredentialSource second =
        host -> {
          asked.add("second");
          return B;
        };
    Keychain keychain = keychain(first, second);
    assertEquals(A, keychain.find("x", "r"));
    assertEquals(List.of("first"), asked);
    assertEquals(B, keychain.find("y", "r"));
    assertEquals(List.of("first", "first", "second"), asked);
  }

  @Test
  void whatWasRefusedGivesWayToTheNextAndIsGivenAgainAfterARest() throws IOException {
    Keychain keychain = keychain(place(A, B), place(C));
    for (Credentials next : List.of(A, B, C)) {
      assertEquals(next, keychain.find("h", "r"));
      assertEquals(true, keychain.refused("h", "r", next));
    }
    assertEquals(NOBODY, keychain.find("h", "r"));
    assertEquals(true, keychain.hasRefused("h", "r"));
    assertEquals(A, keychain.find("h", "other"), "it was refused for one repository");
    assertEquals(false, keychain.hasRefused("h", "other"));
    now.set(Keychain.REST.toNanos());
    assertEquals(A, keychain.find("h", "r"));
    assertEquals(false, keychain.hasRefused("h", "r"));
  }

  @Test
  void afterNobodyThereIsNothingElse() {
    assertEquals(false, keychain(place(A)).refused("h", "r", NOBODY));
  }

  @Test
  void thePlacesAreToldOfRefusals() {
    List<Credentials> told = new ArrayList<>();
    CredentialSource place =
        new CredentialSource() {
          @Override
          public Credentials find(String host) {
            return A;
          }

          @Override
          public boolean refused(String host, String repository, Credentials credentials) {
            return told.add(credentials);
          }
        };
    assertEquals(true, keychain(place(B), place).refused("h", "r", A));
    assertEquals(List.of(A), told);
  }

  @Test
  void aPlaceThatCannotBeReadIsAnErrorOnlyIfNoOtherHasAny() throws IOException {
    CredentialSource broken =
        host -> {
          throw new CredentialException("broken", null);
        };
    assertEquals(A, keychain(broken, place(A)).find("h", "r"));
    assertThrows(CredentialException.class, () -> keychain(broken, host -> NOBODY).find("h", "r"));
  }
}
