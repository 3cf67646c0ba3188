package io.loadstar.optimize;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who a container's process is. Immutable.
 *
 * @param uid its user
 * @param gid its group
 * @param groups its further groups
 */
record ContainerUser(long uid, long gid, List<Long> groups) {

  /** Numbers of users and groups have 32 bits, and the last one means none. */
  private static final long MAX_ID = 0xffff_fffeL;

  ContainerUser {
    groups = List.copyOf(groups);
  }

  /** An image's /etc/passwd and /etc/group (passwd(5), group(5)). */
  record Accounts(String passwd, String group) {

    static Accounts of(Optional<byte[]> passwd, Optional<byte[]> group) {
      return new Accounts(text(passwd), text(group));
    }

    private static String text(Optional<byte[]> file) {
      return file.map(bytes -> new String(bytes, StandardCharsets.UTF_8)).orElse("");
    }
  }

  /**
   * Finds who is meant.
   *
   * @param wanted as an image's config has it (OCI image-spec, config.md): empty for root, or a
   *     user and perhaps {@code :} and a group, each a number or a name
   * @throws OptimizationException if a name isn't in the image
   */
  static ContainerUser of(String wanted, Accounts accounts) throws OptimizationException {
    int colon = wanted.indexOf(':');
    String user = colon < 0 ? wanted : wanted.substring(0, colon);
    String group = colon < 0 ? "" : wanted.substring(colon + 1);
    String[] account = user.isEmpty() ? account("0", accounts) : account(user, accounts);
    if (account.length == 0 && !user.isEmpty() && number(user) < 0) {
      throw new OptimizationException(
          "user " + wanted + ": isn't in the image's /etc/passwd; give numbers (--user UID:GID)");
    }
    long uid = account.length > 0 ? number(account[2]) : Math.max(0, number(user));
    long gid;
    if (group.isEmpty()) {
      gid = account.length > 0 ? number(account[3]) : 0;
    } else {
      gid = group(group, accounts);
    }
    if (uid < 0 || gid < 0) {
      throw new OptimizationException(
          "user " + wanted + ": no number where one must be; give numbers (--user UID:GID)");
    }
    List<Long> groups = account.length > 0 ? memberships(account[0], accounts) : List.of();
    return new ContainerUser(uid, gid, groups);
  }

  /** The fields of a user's line; none if there is no such line. */
  private static String[] account(String user, Accounts accounts) {
    for (String line : accounts.passwd().lines().toList()) {
      String[] fields = line.split(":", -1);
      boolean meant =
          fields.length >= 4
              && (fields[0].equals(user) || (number(user) >= 0 && fields[2].equals(user)));
      if (meant) {
        return fields;
      }
    }
    return new String[0];
  }

  private static long group(String wanted, Accounts accounts) throws OptimizationException {
    for (String line : accounts.group().lines().toList()) {
      String[] fields = line.split(":", -1);
      if (fields.length >= 3 && fields[0].equals(wanted)) {
        return number(fields[2]);
      }
    }
    if (number(wanted) < 0) {
      throw new OptimizationException(
          "group " + wanted + ": isn't in the image's /etc/group; give a number");
    }
    return number(wanted);
  }

  private static List<Long> memberships(String user, Accounts accounts) {
    List<Long> groups = new ArrayList<>();
    for (String line : accounts.group().lines().toList()) {
      String[] fields = line.split(":", -1);
      if (fields.length >= 4
          && number(fields[2]) >= 0
          && List.of(fields[3].split(",", -1)).contains(user)) {
        groups.add(number(fields[2]));
      }
    }
    return groups;
  }

  /** A user's or group's number; -1 if it is none. */
  private static long number(String text) {
    if (text.isEmpty() || text.length() > 10 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return -1;
    }
    long number = Long.parseLong(text);
    return number <= MAX_ID ? number : -1;
  }
}
