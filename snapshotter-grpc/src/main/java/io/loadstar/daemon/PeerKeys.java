package io.loadstar.daemon;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * The keys of stargz-snapshotter's config.toml that mean nothing here, so that a file of its own
 * can be given to this daemon as it is. Source: its documentation of 2026 (v0.18). Those that mean
 * something are {@link Configuration}'s. Immutable.
 */
final class PeerKeys {

  private static final Set<String> NAMES =
      Set.of(
          "no_prometheus",
          "debug_address",
          "ipfs",
          "metadata_store",
          "http_cache_type",
          "filesystem_cache_type",
          "resolve_result_entry_ttl_sec",
          "resolve_result_entry",
          "prefetch_async_size",
          "debug",
          "max_concurrency",
          "log_file_access",
          "blob.valid_interval",
          "blob.check_always",
          "blob.chunk_size",
          "blob.fetching_timeout_sec",
          "blob.force_single_range_mode",
          "blob.prefetch_chunk_size",
          "blob.max_retries",
          "blob.min_wait_msec",
          "blob.max_wait_msec",
          "directory_cache.max_lru_cache_entry",
          "directory_cache.max_cache_fds",
          "directory_cache.sync_add",
          "directory_cache.direct",
          "directory_cache.fadv_dontneed",
          "fuse.attr_timeout",
          "fuse.entry_timeout",
          "fuse.merge_buffer_size",
          "fuse.merge_worker_count",
          "snapshotter.allow_invalid_mounts_on_restart",
          "fuse_manager.enable",
          "fuse_manager.address",
          "fuse_manager.path",
          "fuse_manager.metrics_address");

  /** A mirror's, whose host may be called anything. */
  private static final Pattern MIRROR =
      Pattern.compile(
          "resolver\\.host\\..*\\.mirrors\\[\\d+]\\.(?:request_timeout_sec|header(?:\\..*)?)");

  private PeerKeys() {}

  /**
   * Whether {@code path} is one.
   *
   * @param path as {@link TomlTable#unknown} names it
   */
  static boolean contains(String path) {
    return NAMES.contains(path) || MIRROR.matcher(path).matches();
  }
}
