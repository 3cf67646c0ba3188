package io.loadstar.snapshot;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.ReentrantLock;
import org.sqlite.SQLiteConfig;

/**
 * The rows of all snapshots, in SQLite. Thread-safe; closed by the store that it belongs to.
 *
 * <p>A connection of each kind, and one lock that is the transaction: it is held while the disk
 * works, for that is what a transaction means here; nobody waits for a network under it. Journal in
 * WAL mode with {@code synchronous=FULL}: what a call has answered outlives a power cut. A step on
 * the way to an answer needn't ({@link #transactUnforced}); the next that is forced takes it along,
 * since both stand in one journal. SQLite blocks in native code, so callers are platform threads.
 *
 * <pre>
 * schema_version(version)
 * snapshots(id, name, parent → id, kind, remote, uid, gid, created, updated, size, inodes)
 * labels(snapshot → id, name, value)
 * </pre>
 *
 * Times are nanoseconds since 1970. Ids only grow (AUTOINCREMENT): the directory of a removed
 * snapshot may still be there.
 */
final class SnapshotDatabase implements Closeable {

  private static final int SCHEMA_VERSION = 1;

  private static final String[] SCHEMA = {
    "CREATE TABLE schema_version(version INTEGER NOT NULL) STRICT",
    """
    CREATE TABLE snapshots(
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      parent INTEGER REFERENCES snapshots(id),
      kind TEXT NOT NULL CHECK (kind IN ('ACTIVE', 'VIEW', 'COMMITTED')),
      remote INTEGER NOT NULL DEFAULT 0,
      uid INTEGER NOT NULL,
      gid INTEGER NOT NULL,
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL,
      size INTEGER NOT NULL DEFAULT 0,
      inodes INTEGER NOT NULL DEFAULT 0) STRICT\
    """,
    "CREATE INDEX snapshots_parent ON snapshots(parent)",
    """
    CREATE TABLE labels(
      snapshot INTEGER NOT NULL REFERENCES snapshots(id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (snapshot, name)) STRICT, WITHOUT ROWID\
    """,
    "CREATE INDEX labels_ref ON labels(value) WHERE name = 'containerd.io/snapshot.ref'",
    "INSERT INTO schema_version VALUES (" + SCHEMA_VERSION + ")",
  };

  private final Path file;
  private final Connection connection;

  /** With {@code synchronous=NORMAL}. */
  private final Connection unforced;

  private final ReentrantLock transaction = new ReentrantLock();

  private SnapshotDatabase(Path file, Connection connection, Connection unforced) {
    this.file = file;
    this.connection = connection;
    this.unforced = unforced;
  }

  /**
   * Opens the database, and makes it if there is none.
   *
   * @throws IOException if it can't be opened, or if a newer version of this program made it
   */
  static SnapshotDatabase open(Path file) throws IOException {
    try {
      Connection connection = connect(file, SQLiteConfig.SynchronousMode.FULL);
      try {
        prepareSchema(file, connection);
        Connection unforced = connect(file, SQLiteConfig.SynchronousMode.NORMAL);
        return new SnapshotDatabase(file, connection, unforced);
      } catch (SQLException | IOException | RuntimeException e) {
        connection.close();
        throw e;
      }
    } catch (SQLException e) {
      throw new IOException(file + ": can't open the snapshot database: " + e.getMessage(), e);
    }
  }

  private static Connection connect(Path file, SQLiteConfig.SynchronousMode mode)
      throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(mode);
    config.enforceForeignKeys(true);
    Connection connection = config.createConnection("jdbc:sqlite:" + file);
    try {
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static void prepareSchema(Path file, Connection connection)
      throws SQLException, IOException {
    try (Statement statement = connection.createStatement()) {
      int version = schemaVersion(statement);
      if (version > SCHEMA_VERSION) {
        throw new IOException(
            file + ": made by a newer version of this program (schema " + version + ")");
      }
      if (version == 0) {
        for (String step : SCHEMA) {
          statement.execute(step);
        }
      }
      connection.commit();
    }
  }

  private static int schemaVersion(Statement statement) throws SQLException {
    String exists = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_version'";
    try (ResultSet table = statement.executeQuery(exists)) {
      if (!table.next()) {
        return 0;
      }
    }
    try (ResultSet row = statement.executeQuery("SELECT version FROM schema_version")) {
      return row.next() ? row.getInt(1) : 0;
    }
  }

  /**
   * Runs {@code work} as one transaction: all of what it changes, or nothing if it throws.
   *
   * @throws SnapshotException as {@code work} does, or Storage if the disk fails
   */
  <T> T transact(Work<T> work) throws SnapshotException {
    return transact(work, connection);
  }

  /**
   * As {@link #transact}, but what it changes only outlives a power cut when a later transaction
   * does: for what is a step on the way to that.
   *
   * @throws SnapshotException as {@link #transact}
   */
  <T> T transactUnforced(Work<T> work) throws SnapshotException {
    return transact(work, unforced);
  }

  private <T> T transact(Work<T> work, Connection by) throws SnapshotException {
    transaction.lock();
    try {
      T result = work.run(new SnapshotTransaction(by));
      by.commit();
      return result;
    } catch (SQLException | IOException e) {
      rollBack(e, by);
      throw new SnapshotException.Storage(file.getParent() + ": " + e.getMessage(), e);
    } catch (SnapshotException | RuntimeException | Error e) {
      rollBack(e, by);
      throw e;
    } finally {
      transaction.unlock();
    }
  }

  private static void rollBack(Throwable cause, Connection by) {
    try {
      by.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
      beginAnew(cause, by);
    }
  }

  /**
   * When the disk is full or fails, SQLite rolls back by itself. The driver's own rollback then
   * fails, and doesn't come to the BEGIN of the next transaction. Source: sqlite.org,
   * lang_transaction.html, "Response To Errors Within A Transaction".
   */
  private static void beginAnew(Throwable cause, Connection by) {
    try (Statement statement = by.createStatement()) {
      statement.execute("BEGIN");
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  @Override
  public void close() throws IOException {
    transaction.lock();
    try (connection) { // the last to be closed puts the journal's content into the file
      unforced.close();
    } catch (SQLException e) {
      throw new IOException(file + ": can't close the snapshot database", e);
    } finally {
      transaction.unlock();
    }
  }

  /** What is done in one transaction. */
  @FunctionalInterface
  interface Work<T> {
    T run(SnapshotTransaction transaction) throws SQLException, IOException, SnapshotException;
  }
}
