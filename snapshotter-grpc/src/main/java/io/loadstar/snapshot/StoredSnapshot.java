package io.loadstar.snapshot;

/**
 * A snapshot as the database has it. Immutable.
 *
 * @param id names its directory; never given twice
 * @param info what is told of it
 * @param remote whether its content is mounted lazily. Not the label of that name: labels come from
 *     image manifests too
 * @param owner who owns its root directory; of an active snapshot, who did when it was made
 * @param usage what it took when it was committed; nothing before
 */
public record StoredSnapshot(long id, SnapshotInfo info, boolean remote, Owner owner, Usage usage) {

  /** Its key or name. */
  public String name() {
    return info.name();
  }
}
