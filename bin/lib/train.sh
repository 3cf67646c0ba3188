# shellcheck shell=bash
# shellcheck disable=SC2154 # home and dist are the sourcing script's and dist.sh's
# AOT caches (JEP 483, 514): each program runs once as it does in earnest, and its JVM writes down the classes that it loaded, linked and
# profiled. A program runs without its cache, too, only later: so nothing here ends a build.

# train_programs: all caches, side by side. Output in dist/aot/*.log.
train_programs() {
  local work jobs=() job
  work=$(mktemp -d)
  train_command "$work" help loadstar-help --help &
  jobs+=($!)
  # Nothing listens there: what is loaded up to the failure is what a pull begins with.
  train_command "$work" pull loadstar pull --address "$work/none.sock" 127.0.0.1:1/none/none:none &
  jobs+=($!)
  train_daemon "$work" &
  jobs+=($!)
  for job in "${jobs[@]}"; do wait "$job" || true; done
  rm -rf "$work"
}

# train_command WORK NAME CACHE ARGUMENT...
train_command() {
  local work=$1 name=$2 cache=$3 FLAGS
  shift 3
  java_flags loadstar "$@"
  record "$work" "$name" "$cache" "${FLAGS[@]}" -jar "$dist/loadstar.jar" "$@"
}

# record WORK NAME CACHE FLAG...: one run that writes dist/aot/CACHE.aot when it ends.
record() {
  local work=$1 name=$2 cache=$3 status=0
  shift 3
  "$JAVA_HOME/bin/java" -XX:AOTCacheOutput="$work/$name.aot" "$@" >"$dist/aot/$cache.log" 2>&1 </dev/null || status=$?
  keep "$work/$name.aot" "$dist/aot/$cache.aot"
  return "$status"
}

keep() {
  if [[ -s $1 ]]; then mv "$1" "$2"; else rm -f "$2"; fi
}

# train_daemon WORK: it starts, listens, and is told to stop; its JVM writes the cache after that.
train_daemon() {
  local work=$1 FLAGS daemon socket="$1/s.sock"
  java_flags loadstar-snapshotter
  mkdir "$work/root"
  : >"$work/config.toml"
  "$JAVA_HOME/bin/java" -XX:AOTCacheOutput="$work/daemon.aot" "${FLAGS[@]}" -jar "$dist/loadstar-snapshotter.jar" --address "$socket" --root "$work/root" \
    --config "$work/config.toml" --log-level info >"$dist/aot/loadstar-snapshotter.log" 2>&1 </dev/null &
  daemon=$!
  trap 'end_process "$daemon"' EXIT
  await 30 listens "$socket" "$daemon" || true
  end_process "$daemon" 60
  wait "$daemon" || true
  trap - EXIT
  keep "$work/daemon.aot" "$dist/aot/loadstar-snapshotter.aot"
}

listens() { [[ -S $1 ]] || gone "$2"; }
