# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # home is the sourcing script's, programs is for it
# What a built checkout holds beside Maven's own directories. This file alone knows the layout:
#
#   dist/java                       the java that built it and that runs it: one line, a path
#   dist/stamp                      fingerprint of the sources it was built from; written last
#   dist/NAME.jar                   the main class; the manifest names lib/*.jar (NAME: loadstar, loadstar-snapshotter)
#   dist/lib/*.jar                  the class path
#   dist/native/*.so                native libraries out of their jars, so that no start unpacks them into /tmp
#   dist/aot/*.aot                  AOT caches: classes loaded, linked and profiled ahead of time; the programs run without them, too
#   dist/aot/trained                there when they have been made, or tried to be
#   dist/build.log, dist/aot/train.log   what the last build said

dist=$home/dist

# NAME and the module whose jar it is.
programs=(
  "loadstar converter-cli"
  "loadstar-snapshotter snapshotter-grpc"
)

# java_flags NAME [COMMAND]: sets FLAGS. One place, since an AOT cache fits only the flags that it was made with.
java_flags() {
  FLAGS=(
    --enable-native-access=ALL-UNNAMED
    -XX:+UseSerialGC
    -XX:+UseCompactObjectHeaders
    -XX:-UsePerfData # no file in /tmp
    -Xlog:disable    # a cache that is missing or doesn't fit is no news
    # NIO would look into every jar for one; this is Linux' own.
    -Djava.nio.channels.spi.SelectorProvider=sun.nio.ch.EPollSelectorProvider
    # What Netty would set up at each start for those who look for what it does with buffers.
    -Dio.netty.jfr.enabled=false -Dio.netty.leakDetection.level=disabled
    "-Dorg.sqlite.lib.path=$dist/native" -Dorg.sqlite.lib.name=libsqlitejdbc.so
    "-Djffi.boot.library.path=$dist/native"
  )
  case "$1 ${2:-}" in
    # A small young generation keeps an idle daemon small; the content is in the page cache and the store, not in the heap.
    # What a burst of mounts has made it grow by is given back (see LayerThreads): by default a heap keeps more than twice what is alive, and each
    # thread a buffer outside of it as large as the largest that it has ever written.
    "loadstar-snapshotter "*) FLAGS+=(-Xms12m -Xmn6m -Xmx512m -XX:MinHeapFreeRatio=20 -XX:MaxHeapFreeRatio=30 -Djdk.nio.maxCachedBufferSize=262144
      # What a start does is done once. The optimizing compiler would take a third of a start's time on the processor for it, at once where the AOT cache has profiles; so it
      # has to see more calls (four times its defaults) before it compiles, and no profiles of another process. What a daemon does all day has those calls soon enough.
      -XX:+UnlockDiagnosticVMOptions -XX:-AOTReplayTraining
      -XX:Tier4InvocationThreshold=20000 -XX:Tier4MinInvocationThreshold=2400 -XX:Tier4CompileThreshold=60000 -XX:Tier4BackEdgeThreshold=160000) ;;
    # Compression and digests want the optimizing compiler; what only talks to others is done before that pays. The heap has room for a layer of
    # over 200,000 files; without a bound it would grow with the machine's memory (docs/decisions/020-bounded-heap.md).
    "loadstar convert" | "loadstar optimize") FLAGS+=(-Xms64m -Xmn16m -Xmx192m) ;;
    # It holds the rows that the tar gives beside those of the TOC.
    "loadstar verify") FLAGS+=(-Xms64m -Xmn16m -Xmx512m) ;;
    *) FLAGS+=(-Xms24m -XX:TieredStopAtLevel=1) ;;
  esac
}

# cache_of NAME [COMMAND]: sets CACHE to the AOT cache made for it.
cache_of() {
  case "$1 ${2:-}" in
    "loadstar " | "loadstar --help" | "loadstar -h" | "loadstar --version" | "loadstar -V") CACHE=$dist/aot/loadstar-help.aot ;;
    "loadstar convert" | "loadstar verify") CACHE=$dist/aot/loadstar-convert.aot ;;
    "loadstar optimize")
      CACHE=$dist/aot/loadstar-optimize.aot
      if [[ ! -e $CACHE ]]; then CACHE=$dist/aot/loadstar-convert.aot; fi # which is what it has where no container could be run
      ;;
    "loadstar pull") pull_cache ;;
    *) CACHE=$dist/aot/$1.aot ;;
  esac
}

# pull_cache: a pull that the daemon does needs far fewer classes than one that the command does (caches of 21 and 53 MB): where a daemon listens, those alone.
pull_cache() {
  CACHE=$dist/aot/loadstar.aot
  if [[ -S ${LOADSTAR_DAEMON:-/run/loadstar-snapshotter/loadstar-snapshotter.sock}.pull && -e $dist/aot/loadstar-pull.aot ]]; then CACHE=$dist/aot/loadstar-pull.aot; fi
}
