# shellcheck shell=bash
# shellcheck disable=SC2154 # home is the sourcing script's
# Programs of newer Debians, unpacked beside this machine's and installed nowhere, for the tests: containerd 1.7 and 2.x beside Debian 12's 1.6, and runc
# 1.2 and later, which pods in user namespaces want. They come by apt, from the mirror that this machine uses, with Debian's signatures checked, into
#
#   dist/newer/SUITE/               /usr of containerd's package as Debian's SUITE has it
#   dist/newer/SUITE/runc/          that of runc's and of the libraries that it is linked with
#   dist/newer/SUITE/runc-version   runc's version; empty if it doesn't run here, absent without patchelf: this machine's is used then
#   dist/newer/SUITE/version        containerd's version; written last
#
# and stay there until they are deleted. No root is needed. Their libc may be newer than ours: runc is made to name its own (patchelf(1)), and what doesn't
# run is not kept.

newer_suites=(trixie forky) # containerd 1.7 and 2.x, runc 1.1 and 1.3, as of 2026

# debian_mirror: where this machine gets Debian from, as its apt knows it.
debian_mirror() {
  # shellcheck disable=SC2016 # apt's own dollars
  apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL) $(CREATED_BY)' 2>/dev/null | awk '$2 == "Debian" && $3 == "Debian" && $NF == "Packages" { print $1; exit }'
}

# fetch_newer: what is missing, of each suite; what can't be had is said, and the tests that want it are skipped.
fetch_newer() {
  local suite mirror='' at
  mkdir -p "$home/dist"
  for suite in "${newer_suites[@]}"; do
    at=$home/dist/newer/$suite
    if [[ -e $at/version ]] && { [[ -e $at/runc-version ]] || ! type -P patchelf >/dev/null; }; then continue; fi
    if [[ -z $mirror ]]; then
      if type -P apt-get >/dev/null; then mirror=$(debian_mirror); fi
      if [[ -z $mirror ]]; then
        note "this isn't a Debian with a mirror: newer containerds can't be fetched"
        return 0
      fi
    fi
    step "fetching containerd and runc of Debian's $suite"
    if unpack_newer "$mirror" "$suite" "$at" 2>"$home/dist/newer.log"; then
      done_step "containerd $(<"$at/version"), runc $(cat "$at/runc-version" 2>/dev/null || echo "of this machine")"
    else
      warn "no containerd of $suite ($home/dist/newer.log): tests with it are skipped"
    fi
  done
}

# unpack_newer MIRROR SUITE DIRECTORY. Each step by itself, since nothing ends a function that is a condition.
unpack_newer() (
  work=$(mktemp -d) || exit 1
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work"/{lists/partial,cache/archives/partial} "${3%/*}" || exit 1
  : >"$work/status"
  printf 'deb %s %s main\n' "$1" "$2" >"$work/sources.list"
  apt=(timeout 120 apt-get --quiet=2
    -o "Dir::State=$work" -o "Dir::State::status=$work/status" -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache"
    -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Acquire::Languages=none -o Debug::NoLocking=1
    -o APT::Sandbox::User=root -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o Acquire::Retries=1 -o APT::Update::Error-Mode=any)
  "${apt[@]}" update >&2 || exit 1
  cd "$work" || exit 1
  "${apt[@]}" download containerd runc libc6 libseccomp2 >&2 || exit 1
  rm -rf "$3"
  dpkg-deb --extract containerd_*.deb "$3" || exit 1
  "$3/usr/bin/ctr" --version >&2 || exit 1
  version=$("$3/usr/bin/containerd" --version) || exit 1
  if type -P patchelf >/dev/null; then
    for package in runc libc6 libseccomp2; do
      dpkg-deb --extract "$package"_*.deb "$3/runc" || exit 1
    done
    loader=("$3"/runc/usr/lib/*/ld-linux-*.so.*)
    patchelf --set-interpreter "${loader[0]}" --set-rpath "${loader[0]%/*}" "$3/runc/usr/sbin/runc" >&2
    "$3/runc/usr/sbin/runc" --version >"$work/runc" || rm -f "$3/runc/usr/sbin/runc"
    awk '$1 == "runc" { print $3 }' "$work/runc" >"$3/runc-version"
  fi
  awk '{ print $3 }' <<<"$version" >"$3/version"
)
