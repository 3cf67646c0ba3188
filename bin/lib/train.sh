# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # home and dist are the sourcing script's and dist.sh's, node, registry and the like node.sh's
# AOT caches (JEP 483, 514): each program runs once as it does in earnest, and its JVM writes down the classes that it loaded, linked and
# profiled. A program runs without its cache, too, only later: so nothing here ends a build.

# train_programs: all caches anew, in dist/aot. What the programs say meanwhile is in dist/aot/train.log.
train_programs() {
  local work
  rm -f "$dist"/aot/*
  work=$(mktemp -d)
  (
    record "$work" loadstar-help loadstar --help
    if can_run_a_node; then train_on_node "$work"; else train_alone "$work"; fi
  ) >"$dist/aot/train.log" 2>&1 || true
  keep "$work"
  rm -rf "$work"
  : >"$dist/aot/trained"
}

programs_are_trained() { [[ -e $dist/aot/trained ]]; }

can_run_a_node() {
  ((EUID == 0)) && [[ -c /dev/fuse ]] && has_program containerd && has_program runc && has_program docker-registry && has_library libfuse.so.2
}

# record WORK CACHE PROGRAM ARGUMENT...: a run that writes WORK/CACHE.aot when it ends.
record() {
  local work=$1 cache=$2 program=$3
  shift 3
  LOADSTAR_JAVA_FLAGS=-XX:AOTCacheOutput=$work/$cache.aot "$home/bin/$program" "$@" </dev/null
}

keep() { # keep WORK: the caches that were written, all at once, so that none is used in the making of another
  local cache
  for cache in "$1"/*.aot; do
    if [[ -s $cache ]]; then mv "$cache" "$dist/aot/"; fi
  done
}

# train_on_node WORK: a small image is converted, optimized, pulled lazily and run, on a node as quickstart's.
train_on_node() {
  local work=$1 reference
  trap 'stop_node' EXIT
  trap 'exit 143' TERM INT
  make_node
  start_registry
  LOADSTAR_JAVA_FLAGS=-XX:AOTCacheOutput=$work/loadstar-snapshotter.aot start_snapshotter
  start_containerd
  make_base_tree "$node/image/base"
  make_image "$node/image" v1 '"sh","-c","ls -lR / >/dev/null; cat /etc/passwd"' base
  reference=$registry/train/base
  import_layout "$node/image/layout" "$reference"
  ctr_here images push --plain-http "$reference:v1"
  record "$work" loadstar-convert loadstar convert "$reference:v1" "$reference:lazy"
  record "$work" loadstar-pull loadstar pull --address "$node/c.sock" --namespace "${node##*/}" --snapshotter loadstar "$reference:lazy"
  # What a command does that pulls by itself, in a namespace that has nothing yet.
  record "$work" loadstar loadstar pull --address "$node/c.sock" --daemon none --namespace "${node##*/}-own" --snapshotter loadstar "$reference:lazy"
  # It needs a directory that an overlay can stand on, which /tmp may not be.
  TMPDIR=$node record "$work" loadstar-optimize loadstar optimize --address "$node/c.sock" "$reference:v1" "$reference:optimized" || true
  run_container loadstar "$reference:lazy" train
  # Its JVM writes the cache when it has been told to end: that takes longer than ending does.
  node_patience=120
  stop_node
  trap - EXIT
}

# train_alone WORK: where no container can be run. Nothing listens where the pull is sent: what is loaded up to there is what a pull begins with.
train_alone() {
  local work=$1 daemon
  record "$work" loadstar loadstar pull --daemon none --address "$work/none.sock" 127.0.0.1:1/none/none:none || true
  mkdir "$work/root"
  : >"$work/config.toml"
  record "$work" loadstar-snapshotter loadstar-snapshotter --address "$work/s.sock" --root "$work/root" --config "$work/config.toml" &
  daemon=$!
  trap 'end_tree "$daemon"' EXIT
  await 30 answers "$work/s.sock" "$daemon" || true
  # It doesn't do the pull, since there is no containerd; it is asked all the same.
  await 5 answers "$work/s.sock.pull" "$daemon" || true
  record "$work" loadstar-pull loadstar pull --address "$work/none.sock" --daemon "$work/s.sock" 127.0.0.1:1/none/none:none </dev/null || true
  # The launcher has become the JVM; the subshell around it is what was started here.
  end_children "$daemon" 120
  wait "$daemon" || true
  trap - EXIT
}
