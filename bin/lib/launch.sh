# shellcheck shell=bash
# shellcheck disable=SC2154 # home is the sourcing script's
# Runs a program of this checkout, with as little as possible before the JVM. The caller has set $home.

launch() { # launch NAME ARGUMENT...
  local name=$1 java='' FLAGS CACHE
  shift
  # shellcheck source=bin/lib/dist.sh
  . "$home/bin/lib/dist.sh"
  if [[ ! -e $dist/stamp ]] || ! read -r java <"$dist/java" || [[ ! -x $java && ! -x $home/$java ]]; then
    "$home/bin/build" >&2 || exit 1
    read -r java <"$dist/java"
  fi
  # A distribution's is its own, and moves with it.
  if [[ $java != /* ]]; then java=$home/$java; fi
  java_flags "$name" "${1:-}"
  cache_of "$name" "${1:-}"
  if [[ -e $CACHE ]]; then FLAGS+=("-XX:AOTCache=$CACHE"); fi
  if [[ $name == loadstar-snapshotter ]]; then
    # glibc keeps what it was given back, for each of its arenas, and takes ever larger pieces from them: what is large is mapped, and unmapped at once.
    export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-4} MALLOC_MMAP_THRESHOLD_=${MALLOC_MMAP_THRESHOLD_:-262144}
  fi
  # shellcheck disable=SC2086 # several words, if any
  exec "$java" "${FLAGS[@]}" ${LOADSTAR_JAVA_FLAGS:-} -jar "$dist/$name.jar" "$@"
}
