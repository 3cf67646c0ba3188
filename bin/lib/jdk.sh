# shellcheck shell=bash
# shellcheck disable=SC2154 # home is the sourcing script's
# A JDK 25 or later: JAVA_HOME's, /usr/lib/jvm's, the project's own .jdk/, the distribution's package, Temurin's archive; in this order.

java_release=25
jdk_index=${LOADSTAR_JDK_INDEX:-https://api.adoptium.net}

# jdk_fits DIR: a JDK, compiler and all, of at least $java_release. Reads the release file: no JVM is started.
jdk_fits() {
  local line version
  [[ -x $1/bin/javac && -x $1/bin/java && -r $1/release ]] || return 1
  while IFS= read -r line; do
    [[ $line == JAVA_VERSION=* ]] || continue
    version=${line#JAVA_VERSION=}
    version=${version//\"/}
    version=${version%%[!0-9]*}
    [[ -n $version ]] && ((version >= java_release))
    return
  done <"$1/release"
  return 1
}

# find_jdk: sets JAVA_HOME to one that is there already, or returns 1.
find_jdk() {
  local candidate
  for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/*"$java_release"* /usr/lib/jvm/* "$home"/.jdk/*; do
    if [[ -n $candidate ]] && jdk_fits "$candidate"; then
      export JAVA_HOME=$candidate
      return 0
    fi
  done
  return 1
}

# need_jdk: find_jdk, or get one. What can't be done is said exactly, and ends the script.
need_jdk() {
  find_jdk && return
  if ((EUID == 0)) && type -P apt-get >/dev/null; then
    refresh_index "openjdk-$java_release-jdk-headless" || true
    if package_exists "openjdk-$java_release-jdk-headless"; then
      install_packages "openjdk-$java_release-jdk-headless"
      find_jdk && return
    fi
    has_program curl || has_program wget || install_packages curl ca-certificates
  fi
  fetch_temurin || true
  find_jdk && return
  die "no JDK $java_release found. Install one (apt-get install openjdk-$java_release-jdk-headless where the distribution has it; or unpack the archive from" \
    "https://adoptium.net/temurin/releases/?version=$java_release into $home/.jdk/) or set JAVA_HOME, then run this again."
}

# download URL FILE: quietly; non-zero when it can't be had.
download() {
  if type -P curl >/dev/null; then
    curl --fail --silent --location --connect-timeout 10 --retry 2 --output "$2" "$1"
  elif type -P wget >/dev/null; then
    wget --quiet --timeout=10 --tries=3 --output-document="$2" "$1"
  else
    note "neither curl nor wget is here: can't download $1"
    return 1
  fi
}

# fetch_temurin: Eclipse Temurin's newest JDK of this release into .jdk/, checked against the SHA-256 that its publisher gives.
fetch_temurin() {
  local machine work url sum
  case $(uname -m) in
    x86_64) machine=x64 ;;
    aarch64) machine=aarch64 ;;
    *) return 1 ;;
  esac
  mkdir -p "$home/.jdk"
  work=$(mktemp -d "$home/.jdk/.download.XXXXXX")
  step "fetching Temurin JDK $java_release into $home/.jdk"
  if ! download "$jdk_index/v3/assets/latest/$java_release/hotspot?architecture=$machine&image_type=jdk&os=linux&vendor=eclipse" "$work/index.json"; then
    warn "$jdk_index can't be reached"
    rm -rf "$work"
    return 1
  fi
  url=$(tr ',' '\n' <"$work/index.json" | sed -n '/"link": *"[^"]*\.tar\.gz"/{s/.*"link": *"\([^"]*\)".*/\1/p}' | awk 'NR == 1')
  sum=$(tr ',' '\n' <"$work/index.json" | sed -n '/"checksum": *"[0-9a-f]\{64\}"/{s/.*"checksum": *"\([^"]*\)".*/\1/p}' | awk 'NR == 1')
  if [[ -z $url || -z $sum ]] || ! ticking "downloading" download "$url" "$work/jdk.tar.gz"; then
    warn "Temurin's archive can't be had from ${url:-$jdk_index}"
    rm -rf "$work"
    return 1
  fi
  if ! sha256sum --status --check <<<"$sum  $work/jdk.tar.gz"; then
    rm -rf "$work"
    die "the archive from $url doesn't have its published SHA-256 $sum: not used. Try again, or install a JDK $java_release yourself."
  fi
  mkdir "$work/jdk"
  tar --extract --gzip --directory="$work/jdk" --file="$work/jdk.tar.gz" --strip-components=1
  rm -rf "$home/.jdk/temurin-$java_release"
  mv "$work/jdk" "$home/.jdk/temurin-$java_release"
  rm -rf "$work"
  done_step "$home/.jdk/temurin-$java_release"
}
