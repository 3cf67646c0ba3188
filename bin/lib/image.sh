# shellcheck shell=bash
# A real image of several layers, made from what this machine has, as an OCI layout: no network, no build tool.

# store_blob FILE: moves it into the layout under its digest and sets REPLY to the digest.
store_blob() {
  local sum
  sum=$(sha256sum "$1")
  sum=${sum%% *}
  mv "$1" "$layout/blobs/sha256/$sum"
  REPLY="sha256:$sum"
}

# pack_layer NAME TREE: TREE as a tar.gz blob; leaves its descriptor and its DiffID in $layout/NAME.{descriptor,diffid}.
pack_layer() {
  local name=$1 tree=$2 file="$layout/$1.tar.gz" sum size digest
  sum=$({
    tar --create --sort=name --numeric-owner --owner=0 --group=0 --directory="$tree" . | tee /dev/fd/3 | gzip --no-name >"$file"
  } 3>&1 | sha256sum)
  printf '%s' "${sum%% *}" >"$layout/$name.diffid"
  size=$(stat --format=%s "$file")
  store_blob "$file"
  digest=$REPLY
  printf '{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"%s","size":%s}' "$digest" "$size" >"$layout/$name.descriptor"
}

# copy_with_libraries TREE PROGRAM...: programs at their own paths, with the libraries and the loader that ldd names.
copy_with_libraries() {
  local tree=$1 file
  shift
  {
    printf '%s\n' "$@"
    ldd "$@" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && $1 !~ /:$/ { print $1 }'
  } | sort -u | while IFS= read -r file; do
    mkdir -p "$tree${file%/*}"
    cp --dereference --preserve=mode,timestamps "$file" "$tree$file"
  done
}

# make_base_tree TREE: a shell, the usual commands, and every library that they or the JDK at JAVA_HOME load.
make_base_tree() {
  local tree=$1 program programs=() libraries=()
  mkdir -p "$tree"/{bin,usr/bin,etc,proc,sys,dev,root,tmp}
  chmod 1777 "$tree/tmp"
  printf 'root:x:0:0:root:/root:/bin/sh\n' >"$tree/etc/passwd"
  printf 'root:x:0:\n' >"$tree/etc/group"
  for program in sh cat cp ls ln mkdir mv rm chmod chown touch stat sha256sum sleep head tail wc env id date uname df du sort tr dd find grep sed; do
    program=$(type -P "$program") && programs+=("$program")
  done
  # A JDK's own libraries name each other by RPATH; only what lies outside of it belongs to the base.
  copy_with_libraries "$tree" "${programs[@]}"
  mapfile -t libraries < <(
    find -L "$JAVA_HOME/bin/java" "$JAVA_HOME/lib" -type f \( -name '*.so' -o -name java \) -exec ldd {} + 2>/dev/null \
      | awk -v home="$(readlink -f "$JAVA_HOME")/" '$2 == "=>" && $3 ~ /^\// && index($3, home) != 1 { print $3 }' | sort -u
  )
  ((${#libraries[@]} == 0)) || copy_with_libraries "$tree" "${libraries[@]}"
}

# make_jdk_tree TREE: the JDK at /opt/java. Distributions link parts of theirs to /etc: links are followed, dangling ones left out.
make_jdk_tree() {
  mkdir -p "$1/opt/java"
  (cd "$JAVA_HOME" && find -L . ! -type l -print0 | tar --create --null --no-recursion --dereference --hard-dereference --files-from=-) \
    | tar --extract --directory="$1/opt/java"
}

make_app_tree() {
  mkdir -p "$1/app"
  cat >"$1/app/Hello.java" <<'JAVA'
import java.time.Duration;
import java.util.stream.IntStream;

/** Compiled and run inside the container by `java Hello.java`: the launcher reads the compiler out of the image. */
public class Hello {
  public static void main(String[] args) {
    var runtime = ProcessHandle.current().info().startInstant();
    System.out.println("Hello from a container: Java " + Runtime.version() + " on " + System.getProperty("os.arch"));
    int prime = IntStream.iterate(2, n -> n + 1).filter(Hello::isPrime).skip(9_999).findFirst().getAsInt();
    System.out.println("The 10000th prime is " + prime + ", said by a class compiled in here from source.");
    runtime.ifPresent(t -> System.out.println("This JVM started " + Duration.between(t, java.time.Instant.now()).toMillis() + " ms ago."));
  }

  private static boolean isPrime(int n) {
    return IntStream.rangeClosed(2, (int) Math.sqrt(n)).noneMatch(d -> n % d == 0);
  }
}
JAVA
}

# make_image WORK TAG COMMAND LAYER...: an OCI layout in WORK/layout of the trees WORK/LAYER, the lowest first, which are used up.
# COMMAND is a JSON array's inside. The layers' compressed size in bytes goes to WORK/bytes.
make_image() {
  local work=$1 tag=$2 command=$3
  shift 3
  make_image_of "$work" "$tag" "\"architecture\":\"$(image_architecture)\",\"os\":\"linux\",\"config\":{\"Env\":[\"PATH=/opt/java/bin:/usr/bin:/bin\"],\"Cmd\":[$command],\"WorkingDir\":\"/\"}" "$@"
}

image_architecture() { # this machine's, as images name it
  local machine
  machine=$(uname -m)
  case $machine in
    x86_64) machine=amd64 ;;
    aarch64) machine=arm64 ;;
  esac
  printf '%s' "$machine"
}

# make_image_of WORK TAG CONFIG LAYER...: the same with another configuration: CONFIG is a JSON object's inside, without rootfs.
make_image_of() {
  local work=$1 tag=$2 config=$3 layer job jobs=() descriptors='' diffids='' manifest size total=0
  shift 3
  layout="$work/layout"
  mkdir -p "$layout/blobs/sha256"
  for layer in "$@"; do
    pack_layer "$layer" "$work/$layer" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job"; done
  for layer in "$@"; do
    descriptors+=${descriptors:+,}$(<"$layout/$layer.descriptor")
    diffids+="${diffids:+,}\"sha256:$(<"$layout/$layer.diffid")\""
    size=$(sed 's/.*"size":\([0-9]*\).*/\1/' "$layout/$layer.descriptor")
    total=$((total + size))
    rm -rf "${work:?}/$layer" "$layout/$layer.descriptor" "$layout/$layer.diffid"
  done
  config=$(printf '{%s,"rootfs":{"type":"layers","diff_ids":[%s]}}' "$config" "$diffids")
  printf '%s' "$config" >"$layout/config"
  store_blob "$layout/config"
  manifest=$(printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%s},"layers":[%s]}' \
    "$REPLY" "${#config}" "$descriptors")
  printf '%s' "$manifest" >"$layout/manifest"
  store_blob "$layout/manifest"
  printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%s,"annotations":{"org.opencontainers.image.ref.name":"%s"}}]}' \
    "$REPLY" "${#manifest}" "$tag" >"$layout/index.json"
  printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
  printf '%s' "$total" >"$work/bytes"
}

# make_jdk_image WORK TAG: three layers, of which the middle one is the JDK; it compiles and runs a class.
make_jdk_image() {
  make_base_tree "$1/base"
  make_jdk_tree "$1/jdk"
  make_app_tree "$1/app"
  make_image "$1" "$2" '"java","/app/Hello.java"' base jdk app
}
