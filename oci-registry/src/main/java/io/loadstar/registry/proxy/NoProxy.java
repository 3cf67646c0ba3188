package io.loadstar.registry.proxy;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The servers that are reached without a proxy. Immutable. Source: Go,
 * golang.org/x/net/http/httpproxy, Config.NoProxy: a list by commas of
 *
 * <ul>
 *   <li>{@code *}: all
 *   <li>{@code 10.0.0.0/8}, {@code 10.1.2.3}, {@code [fd00::1]:443}: addresses
 *   <li>{@code example.com}: it and all below it; {@code .example.com}, {@code *.example.com}: all
 *       below it
 *   <li>each but the first two also with a port, which then has to be the server's
 * </ul>
 *
 * A name is never resolved, so that addresses are only for URLs that have one.
 */
final class NoProxy {

  private static final int MAX_PORT_DIGITS = 5;

  private final List<Rule> rules;

  private sealed interface Rule {
    boolean matches(Server server);
  }

  private record Server(String host, Optional<InetAddress> address, int port) {}

  private record All() implements Rule {
    @Override
    public boolean matches(Server server) {
      return true;
    }
  }

  private record Network(InetAddress address, int bits) implements Rule {
    @Override
    public boolean matches(Server server) {
      return server.address().isPresent()
          && contains(address.getAddress(), server.address().get().getAddress());
    }

    private boolean contains(byte[] prefix, byte[] address) {
      if (address.length != prefix.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >> (bit % 8);
        if ((address[bit / 8] & mask) != (prefix[bit / 8] & mask)) {
          return false;
        }
      }
      return true;
    }
  }

  private record Address(InetAddress address, int port) implements Rule {
    @Override
    public boolean matches(Server server) {
      return server.address().filter(address::equals).isPresent()
          && (port < 0 || port == server.port());
    }
  }

  /**
   * @param suffix with its dot in front
   * @param exact whether the name without what the dot separates is meant, too
   */
  private record Domain(String suffix, boolean exact, int port) implements Rule {
    @Override
    public boolean matches(Server server) {
      boolean named =
          server.host().endsWith(suffix) || (exact && server.host().equals(suffix.substring(1)));
      return named && (port < 0 || port == server.port());
    }
  }

  private NoProxy(List<Rule> rules) {
    this.rules = List.copyOf(rules);
  }

  static NoProxy parse(String list) {
    List<Rule> rules = new ArrayList<>();
    for (String part : list.split(",", -1)) {
      String item = part.strip().toLowerCase(Locale.ROOT);
      if (!item.isEmpty()) {
        rule(item).ifPresent(rules::add);
      }
    }
    return new NoProxy(rules);
  }

  /** Whether a server is reached without a proxy. */
  boolean matches(String host, int port) {
    String name = host.strip().toLowerCase(Locale.ROOT);
    Optional<InetAddress> address = address(name);
    if (name.equals("localhost") || address.filter(InetAddress::isLoopbackAddress).isPresent()) {
      return true;
    }
    Server server = new Server(name, address, port);
    for (Rule rule : rules) {
      if (rule.matches(server)) {
        return true;
      }
    }
    return false;
  }

  private static Optional<Rule> rule(String item) {
    if (item.equals("*")) {
      return Optional.of(new All());
    }
    Optional<Rule> network = network(item);
    if (network.isPresent()) {
      return network;
    }
    int colon = item.lastIndexOf(':');
    boolean hasPort = colon >= 0 && (item.indexOf(':') == colon || item.startsWith("["));
    String host = (hasPort ? item.substring(0, colon) : item).replaceAll("^\\[|]$", "");
    int port = hasPort ? port(item.substring(colon + 1)) : -1;
    Optional<InetAddress> address = address(host);
    if (address.isPresent()) {
      return Optional.of(new Address(address.get(), port));
    }
    String name = host.startsWith("*.") ? host.substring(1) : host;
    if (name.isEmpty()) {
      return Optional.empty();
    }
    boolean below = name.startsWith(".");
    return Optional.of(new Domain(below ? name : "." + name, !below, port));
  }

  private static Optional<Rule> network(String item) {
    int slash = item.indexOf('/');
    if (slash < 0) {
      return Optional.empty();
    }
    Optional<InetAddress> prefix = address(item.substring(0, slash));
    String length = item.substring(slash + 1);
    if (prefix.isEmpty() || !length.matches("\\d{1,3}")) {
      return Optional.empty();
    }
    int bits = Integer.parseInt(length);
    boolean possible = bits <= prefix.get().getAddress().length * 8;
    return possible ? Optional.of(new Network(prefix.get(), bits)) : Optional.empty();
  }

  /** A port that can't be one is no server's. */
  private static int port(String text) {
    return text.length() <= MAX_PORT_DIGITS && text.matches("\\d+") ? Integer.parseInt(text) : 0;
  }

  private static Optional<InetAddress> address(String text) {
    boolean literal = text.matches("[0-9]+(\\.[0-9]+){3}") || text.indexOf(':') >= 0;
    try {
      return literal ? Optional.of(InetAddress.ofLiteral(text)) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
