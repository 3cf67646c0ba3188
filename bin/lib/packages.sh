# shellcheck shell=bash
# shellcheck disable=SC2154 # home is the sourcing script's
# What the machine lacks, by apt. Only what is missing, nothing removed or upgraded on purpose, and no service started or left enabled:
# quickstart and the tests start their own, in their own directories.

package_exists() { # package_exists NAME: the distribution's index has it
  local candidate
  candidate=$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p')
  [[ -n $candidate && $candidate != '(none)' ]]
}

has_library() { # has_library SONAME
  # Not by a pipe into grep --quiet, which ends ldconfig by SIGPIPE, and so, under pipefail, fails now and then although it has found it.
  [[ $(PATH=$PATH:/sbin:/usr/sbin ldconfig -p) == *$'\t'"$1 "* ]]
}

has_program() {
  PATH=$PATH:/sbin:/usr/sbin type -P "$1" >/dev/null
}

# missing_packages SET: the names, one a line, of what the set `build`, `node`, `test`, `measure` or `mounts` lacks here. A program counts, not a package: a
# containerd that came from elsewhere (docker's containerd.io, k3s) is as good, and apt would remove it to install Debian's.
missing_packages() {
  case $1 in
    build)
      has_program mvn || echo maven
      has_program sha256sum || echo coreutils
      ;;
    node)
      has_program containerd && has_program ctr || echo containerd
      has_program runc || echo runc
      has_program docker-registry || echo docker-registry
      has_program fusermount3 || echo fuse3
      has_library libfuse.so.2 || fuse2_package
      # It only makes decoding quicker: where there is no such package, nothing is missing.
      has_library libdeflate.so.0 || ! package_exists libdeflate0 || echo libdeflate0
      ;;
    test)
      has_program setfattr || echo attr
      has_program ctr-remote || echo stargz-snapshotter
      has_program tinyproxy || echo tinyproxy
      has_program patchelf || echo patchelf
      has_program nginx || echo nginx-light
      has_program skopeo || echo skopeo
      has_program umoci || echo umoci
      ;;
    measure)
      has_program time || echo time
      has_program taskset || echo util-linux
      ;;
    mounts)
      has_program fio || echo fio
      has_program squashfuse_ll || echo squashfuse
      has_program mksquashfs || echo squashfs-tools
      has_program python3 || echo python3
      has_library libfuse.so.2 || fuse2_package
      ;;
    *) die "no such set of packages: $1" ;;
  esac
}

fuse2_package() {
  if package_exists libfuse2t64; then echo libfuse2t64; else echo libfuse2; fi
}

# install_missing SET...: as root; says what it installs. Silent when nothing is missing.
install_missing() {
  local set wanted=()
  for set in "$@"; do
    mapfile -t -O "${#wanted[@]}" wanted < <(missing_packages "$set")
  done
  ((${#wanted[@]})) || return 0
  ((EUID == 0)) || die "missing here: ${wanted[*]}. Run as root (sudo bin/${0##*/}), or: apt-get install ${wanted[*]}"
  type -P apt-get >/dev/null || die "missing here, and there is no apt-get to install them: ${wanted[*]}"
  # The list is made again once the index is known to be there: which libfuse2 it is depends on it.
  if refresh_index "${wanted[@]}"; then
    wanted=()
    for set in "$@"; do
      mapfile -t -O "${#wanted[@]}" wanted < <(missing_packages "$set")
    done
  fi
  install_packages "${wanted[@]}"
}

refresh_index() { # refresh_index NAME...: apt-get update if the index lacks one of them
  local name
  for name in "$@"; do
    package_exists "$name" && continue
    step "apt-get update"
    apt_get update >/dev/null || warn "apt-get update failed; going on with the index that is there"
    done_step "index refreshed"
    return 0
  done
  return 1
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get --quiet=2 -o DPkg::Lock::Timeout=300 -o APT::Update::Error-Mode=any "$@"
}

install_packages() { # install_packages NAME...
  step "installing $*"
  ticking "installing" install_quietly "$@" || {
    note "that failed; refreshing the index and trying once more"
    apt_get update >/dev/null || true
    ticking "installing" install_quietly "$@" || die "apt-get install $* failed: run it by hand to see why, then run this again"
  }
  done_step "installed $*"
}

# Debian's packages start and enable their services when installed. policy-rc.d is the way to say no to starting; a unit that was enabled
# by this very installation is disabled again. A policy-rc.d or a unit that was there before isn't touched.
install_quietly() (
  policy=/usr/sbin/policy-rc.d
  mark='# loadstar: no service is started while its packages are installed'
  exec 9<"$home"
  flock 9 # One at a time: two of them would remove each other's policy.
  known=$(units)
  if [[ ! -e $policy ]] || grep --quiet --fixed-strings "$mark" "$policy"; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
    chmod 755 "$policy"
  fi
  apt_get install --yes --no-remove --no-install-recommends "$@" >/dev/null 9<&- || exit 1
  for unit in $(units); do
    grep --quiet --line-regexp --fixed-strings "$unit" <<<"$known" || disable "$unit"
  done
)

disable() {
  if type -P systemctl >/dev/null; then
    systemctl disable --quiet "$1" 2>/dev/null || true
  elif type -P deb-systemd-helper >/dev/null; then
    deb-systemd-helper disable "$1" >/dev/null || true
  fi
}

units() { # the units of the packages that this project installs, as far as they are here
  local unit
  for unit in containerd docker-registry stargz-snapshotter containerd-stargz-grpc tinyproxy nginx; do
    if [[ -e /lib/systemd/system/$unit.service || -e /usr/lib/systemd/system/$unit.service || -e /etc/systemd/system/$unit.service ]]; then
      echo "$unit.service"
    fi
  done
}

need_root() {
  ((EUID == 0)) || die "needs root, for mounts and containers. Run as root (sudo bin/${0##*/})"
}
