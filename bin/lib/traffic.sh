# shellcheck shell=bash
# shellcheck disable=SC2154 # node is node.sh's
# What the registry sent, as its own access log (Apache's combined format) has it.

# traffic_since OFFSET: sets requests, ranged (206s) and fetched (bytes of blobs and manifests) from the log's byte OFFSET on.
traffic_since() {
  local counted
  counted=$(tail -c "+$(($1 + 1))" "$node/access.log" | awk '
    $6 == "\"GET" { requests++; if ($9 == 206) ranged++; if ($9 == 200 || $9 == 206) bytes += $10 }
    END { printf "%d %d %d", requests, ranged, bytes }')
  # shellcheck disable=SC2034 # the caller's
  read -r requests ranged fetched <<<"$counted"
}

traffic_offset() { REPLY=$(stat --format=%s "$node/access.log"); }
