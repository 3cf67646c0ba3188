# shellcheck shell=bash
# shellcheck disable=SC2154 # records, images, uncompressed, runs and level are compare-conversion's
# What bin/compare-conversion has measured, as a page and as JSON. A record is a line: image tool run seconds user system KiB layer-bytes.

# medians: a line for each image: image peer-seconds our-seconds peer-cpu our-cpu peer-bytes our-bytes peer-MiB our-MiB, medians but for memory, whose
# largest counts.
medians() {
  awk '
    function median(key, n,   i, j, t, list, parts) {
      n = split(values[key], list, " ")
      for (i = 2; i <= n; i++) for (j = i; j > 1 && list[j - 1] + 0 > list[j] + 0; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
      return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
    }
    {
      if (!($1 in seen)) { seen[$1] = 1; order[++count] = $1 }
      values[$1, $2, "wall"] = values[$1, $2, "wall"] " " $4
      values[$1, $2, "cpu"] = values[$1, $2, "cpu"] " " $5 + $6
      bytes[$1, $2] = $8
      if ($7 > memory[$1, $2]) memory[$1, $2] = $7
    }
    END {
      for (i = 1; i <= count; i++) {
        image = order[i]
        p = image SUBSEP "ctr-remote"
        o = image SUBSEP "loadstar"
        printf "%s %.2f %.2f %.2f %.2f %d %d %.1f %.1f\n", image, median(p SUBSEP "wall"), median(o SUBSEP "wall"), median(p SUBSEP "cpu"), median(o SUBSEP "cpu"), bytes[p], bytes[o], memory[p] / 1024, memory[o] / 1024
      }
    }' "$records"
}

# rows: the table's, and under it whether the bars are reached
rows() {
  local image peer ours peer_cpu our_cpu peer_bytes our_bytes peer_memory our_memory
  while read -r image peer ours peer_cpu our_cpu peer_bytes our_bytes peer_memory our_memory; do
    awk -v image="$image" -v tar="${uncompressed[$image]}" -v p="$peer" -v o="$ours" -v pc="$peer_cpu" -v oc="$our_cpu" -v pb="$peer_bytes" -v ob="$our_bytes" -v pm="$peer_memory" -v om="$our_memory" 'BEGIN {
      printf "| %s | %.0f MB | %.1f s | %.1f s | **%.2f ×** | %.1f s | %.1f s | %.1f MB | %.1f MB | **%.4f** | %.0f MiB | %.0f MiB |\n",
        image, tar / 1e6, p, o, p / o, pc, oc, pb / 1e6, ob / 1e6, ob / pb, pm, om }'
  done < <(medians)
}

# verdict: against what is asked: 2.5 times the speed, 1.01 times the bytes, 350 MiB
verdict() {
  medians | awk '
    { speed = $2 / $3; size = $7 / $6; if (!slowest || speed < slowest) slowest = speed; if (size > largest) largest = size; if ($9 > memory) memory = $9 }
    END {
      printf "- Speed: at least %.2f times ctr-remote'"'"'s; 2.5 is asked: %s.\n", slowest, (slowest >= 2.5 ? "reached" : "not reached")
      printf "- Size: at most %.4f of ctr-remote'"'"'s blobs; 1.01 is allowed: %s.\n", largest, (largest <= 1.01 ? "kept" : "not kept")
      printf "- Memory: at most %.0f MiB resident; 350 MiB is allowed: %s.\n", memory, (memory < 350 ? "kept" : "not kept")
    }'
}

machine() {
  local cpu
  cpu=$(awk -F': *' '/^model name/ { print $2; exit }' /proc/cpuinfo)
  printf '2 of %s × %s, %s' "$(nproc --all)" "${cpu:-$(uname -m)}" "$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)"
}

system() { printf 'Linux %s, %s' "$(uname -r)" "$(. /etc/os-release && printf '%s' "$PRETTY_NAME")"; }

java_version() { "$(<"$home/dist/java")" --version | sed -n 2p; }

peer_version() { dpkg-query --show --showformat '${Package} ${Version}' stargz-snapshotter 2>/dev/null || echo "stargz-snapshotter, not Debian's"; }

loadstar_version() { "$home/bin/loadstar" --version | head -n 1; }

write_page() {
  local image
  cat <<TEXT
# What a conversion costs, beside ctr-remote

Written by \`bin/compare-conversion\`: both programs converted the same images out of one containerd's store into the same store, turn and turn about,
$runs times each, at level $level with chunks of 4 MiB, on two cores. Times are medians; memory is the largest of all runs (GNU time's maximum
resident set). ctr-remote compresses in its own process, as loadstar does, so the two are measured alike; containerd's work for either isn't in the processor time.

| image | tar | ctr-remote | loadstar | speed | ctr-remote's processors | loadstar's | ctr-remote's blobs | loadstar's | size | ctr-remote's memory | loadstar's |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
$(rows)

$(verdict)

| | |
|---|---|
| date | $(date --utc +%F) |
| commit | $(git -C "$home" rev-parse --short HEAD 2>/dev/null || echo unknown) |
| machine | $(machine); load average when the first conversion began: $load |
| system | $(system) |
| Java | $(java_version) |
| loadstar | $(loadstar_version) |
| peer | $(peer_version), $(containerd --version | awk '{ print $1, $3 }') |

The images, each of two layers (what every Debian has; the rest), from Debian's packages:

$(for image in "${images[@]}"; do printf -- '- %s: %s\n' "$image" "$(packages_of "$image")"; done)

The commands:

    ctr-remote image convert --estargz --oci --estargz-compression-level $level SRC DST
    loadstar convert --compression-level $level --no-layer-records containerd:SRC containerd:DST

Each run is in [conversion-speed.json](conversion-speed.json).
TEXT
}

write_json() {
  printf '{"date":"%s","machine":"%s","system":"%s","java":"%s","loadstar":"%s","peer":"%s","level":%s,"runs":[' \
    "$(date --utc +%F)" "$(machine)" "$(system)" "$(java_version)" "$(loadstar_version)" "$(peer_version)" "$level"
  awk '{ printf("%s\n{\"image\":\"%s\",\"tool\":\"%s\",\"run\":%s,\"seconds\":%s,\"userSeconds\":%s,\"systemSeconds\":%s,\"peakResidentKiB\":%s,\"layerBytes\":%s}", (NR > 1 ? "," : ""), $1, $2, $3, $4, $5, $6, $7, $8) }' "$records"
  printf '\n]}\n'
}

# summary: for the person
summary() {
  printf '\n'
  medians | awk '{ printf "  %-10s ctr-remote %7.1f s  loadstar %7.1f s  %5.2f times as fast, %.4f of the size, %.0f MiB\n", $1, $2, $3, $2 / $3, $7 / $6, $9 }'
  verdict | sed 's/^- /  /'
}
