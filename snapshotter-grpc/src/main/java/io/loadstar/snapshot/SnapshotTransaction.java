package io.loadstar.snapshot;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The statements that one transaction can consist of. Valid while the transaction runs, on its
 * thread.
 */
final class SnapshotTransaction {

  private static final long NANOS = 1_000_000_000;

  private static final String COLUMNS =
      "s.id, s.name, p.name, s.kind, s.remote, s.uid, s.gid, s.created, s.updated, s.size, s.inodes"
          + " FROM snapshots s LEFT JOIN snapshots p ON p.id = s.parent ";

  private static final String ANCESTORS =
      "WITH RECURSIVE chain(id, depth) AS ("
          + "SELECT parent, 1 FROM snapshots WHERE id = ? AND parent IS NOT NULL UNION ALL "
          + "SELECT c.parent, depth + 1 FROM chain JOIN snapshots c USING (id)"
          + " WHERE c.parent IS NOT NULL) "
          + "SELECT "
          + COLUMNS
          + "JOIN chain ON chain.id = s.id ORDER BY chain.depth";

  private final Connection connection;

  SnapshotTransaction(Connection connection) {
    this.connection = connection;
  }

  Optional<StoredSnapshot> find(String name) throws SQLException {
    return query("SELECT " + COLUMNS + "WHERE s.name = ?", name).stream().findFirst();
  }

  StoredSnapshot get(String name) throws SQLException, SnapshotException.NotFound {
    return find(name)
        .orElseThrow(() -> new SnapshotException.NotFound("snapshot " + name + " does not exist"));
  }

  List<StoredSnapshot> all() throws SQLException {
    return query("SELECT " + COLUMNS + "ORDER BY s.id");
  }

  /** The parents of {@code snapshot}, the nearest first. */
  List<StoredSnapshot> ancestors(StoredSnapshot snapshot) throws SQLException {
    return query(ANCESTORS, snapshot.id());
  }

  /** Committed snapshots with that {@link SnapshotLabel#REF} on that parent. */
  List<StoredSnapshot> committedAs(String ref, String parent) throws SQLException {
    return query(
        "SELECT "
            + COLUMNS
            + "JOIN labels l ON l.snapshot = s.id WHERE l.name = 'containerd.io/snapshot.ref'"
            + " AND l.value = ? AND s.kind = 'COMMITTED' AND coalesce(p.name, '') = ?"
            + " ORDER BY s.id",
        ref,
        parent);
  }

  Set<Long> ids() throws SQLException {
    Set<Long> ids = new HashSet<>();
    try (PreparedStatement statement = prepare("SELECT id FROM snapshots");
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        ids.add(rows.getLong(1));
      }
    }
    return ids;
  }

  boolean hasChildren(StoredSnapshot snapshot) throws SQLException {
    try (PreparedStatement statement =
            prepare("SELECT 1 FROM snapshots WHERE parent = ? LIMIT 1", snapshot.id());
        ResultSet rows = statement.executeQuery()) {
      return rows.next();
    }
  }

  /** Adds a row for an active snapshot or a view; the name must be free. */
  long insert(SnapshotInfo info, Optional<StoredSnapshot> parent, Owner owner) throws SQLException {
    String sql =
        "INSERT INTO snapshots(name, parent, kind, uid, gid, created, updated)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id";
    long id;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, info.name());
      if (parent.isPresent()) {
        statement.setLong(2, parent.get().id());
      }
      statement.setString(3, info.kind().name());
      statement.setInt(4, owner.uid());
      statement.setInt(5, owner.gid());
      statement.setLong(6, nanos(info.created()));
      statement.setLong(7, nanos(info.updated()));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        id = row.getLong(1);
      }
    }
    writeLabels(id, info.labels());
    return id;
  }

  /** Overwrites everything of a row but its id and parent with what {@code snapshot} says. */
  void replace(StoredSnapshot snapshot) throws SQLException {
    SnapshotInfo info = snapshot.info();
    String sql =
        "UPDATE snapshots SET name = ?, kind = ?, remote = ?, uid = ?, gid = ?, created = ?,"
            + " updated = ?, size = ?, inodes = ? WHERE id = ?";
    execute(
        sql,
        info.name(),
        info.kind().name(),
        snapshot.remote() ? 1 : 0,
        snapshot.owner().uid(),
        snapshot.owner().gid(),
        nanos(info.created()),
        nanos(info.updated()),
        snapshot.usage().size(),
        snapshot.usage().inodes(),
        snapshot.id());
    execute("DELETE FROM labels WHERE snapshot = ?", snapshot.id());
    writeLabels(snapshot.id(), info.labels());
  }

  /** Gives a snapshot that has no parent this one. */
  void putOnto(StoredSnapshot snapshot, StoredSnapshot parent) throws SQLException {
    execute(
        "UPDATE snapshots SET parent = ? WHERE id = ? AND parent IS NULL",
        parent.id(),
        snapshot.id());
  }

  void delete(StoredSnapshot snapshot) throws SQLException {
    execute("DELETE FROM snapshots WHERE id = ?", snapshot.id());
  }

  private void writeLabels(long id, Map<String, String> labels) throws SQLException {
    for (Map.Entry<String, String> label : labels.entrySet()) {
      execute("INSERT INTO labels VALUES (?, ?, ?)", id, label.getKey(), label.getValue());
    }
  }

  private List<StoredSnapshot> query(String sql, Object... arguments) throws SQLException {
    List<StoredSnapshot> snapshots = new ArrayList<>();
    try (PreparedStatement statement = prepare(sql, arguments);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        snapshots.add(snapshot(rows));
      }
    }
    return snapshots;
  }

  private StoredSnapshot snapshot(ResultSet row) throws SQLException {
    long id = row.getLong(1);
    String parent = row.getString(3);
    SnapshotInfo info =
        new SnapshotInfo(
            row.getString(2),
            parent == null ? "" : parent,
            SnapshotKind.valueOf(row.getString(4)),
            labels(id),
            instant(row.getLong(8)),
            instant(row.getLong(9)));
    Owner owner = new Owner(row.getInt(6), row.getInt(7));
    Usage usage = new Usage(row.getLong(10), row.getLong(11));
    return new StoredSnapshot(id, info, row.getInt(5) != 0, owner, usage);
  }

  private Map<String, String> labels(long id) throws SQLException {
    Map<String, String> labels = new HashMap<>();
    try (PreparedStatement statement =
            prepare("SELECT name, value FROM labels WHERE snapshot = ?", id);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        labels.put(rows.getString(1), rows.getString(2));
      }
    }
    return labels;
  }

  private void execute(String sql, Object... arguments) throws SQLException {
    try (PreparedStatement statement = prepare(sql, arguments)) {
      statement.executeUpdate();
    }
  }

  private PreparedStatement prepare(String sql, Object... arguments) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < arguments.length; i++) {
      statement.setObject(i + 1, arguments[i]);
    }
    return statement;
  }

  private static long nanos(Instant time) {
    return Math.addExact(Math.multiplyExact(time.getEpochSecond(), NANOS), time.getNano());
  }

  private static Instant instant(long nanos) {
    return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
  }
}
