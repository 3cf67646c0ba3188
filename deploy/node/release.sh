# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with the scripts that are sourced beside this one
# Releases: distributions beside each other, each in a directory that never changes once it has its name. So a daemon that runs keeps its files while the next one is put in place,
# and the way back is the link's.

distribution=$(cd -P "$here/../.." && pwd)
release=''     # the directory of this one, as the node sees it
former=''      # of the one that was in use
new_release=0

release_id() {
  local id
  [[ -x $distribution/runtime/bin/java && -s $distribution/dist/stamp ]] \
    || fail "$distribution isn't a distribution with a Java of its own: run this out of an unpacked tar.gz or an image that bin/package has made"
  id=$(<"$distribution/dist/stamp")
  id=${id//[!A-Za-z0-9._+-]/-}
  release=$releases/$id
}

# place_release: a copy of this distribution, unless it is there.
place_release() {
  local target
  [[ -z $release ]] || return 0
  release_id
  target=$root$release
  [[ ! -e $target ]] || return 0
  doing "copy Loadstar to $target" || return 0
  rm -rf "$root$releases"/*.loadstar-new
  mkdir -p "$root$releases"
  cp --archive --no-preserve=ownership --no-target-directory "$distribution" "$target.loadstar-new"
  # AOT caches fit only the paths that they were made with.
  rm -f "$target.loadstar-new"/dist/aot/*
  sync --file-system "$target.loadstar-new"
  mv --no-target-directory "$target.loadstar-new" "$target"
}

# prepare_release: that it runs, and soon; on the node itself.
prepare_release() {
  if is_offline || ((dry)); then return; fi
  "$release/bin/loadstar-snapshotter" --version >"$work/version" 2>&1 || fail "what is in $release doesn't run here: $(tail -n 1 "$work/version")"
  if [[ ! -e $release/dist/aot/trained ]]; then
    say "make AOT caches"
    # Without them the programs start a second later, and that is all.
    "$release/bin/train" node || say "no AOT caches could be made; $release/bin/train says why"
    : >"$release/dist/aot/trained"
  fi
}

# switch_release: the link.
switch_release() {
  if [[ -L $root$home_link ]]; then former=$(readlink "$root$home_link"); fi
  [[ $former != "$release" ]] || return 0
  new_release=1
  doing "use $release" || return 0
  link_release "$release"
}

link_release() { # link_release DIRECTORY
  ln --symbolic --force --no-dereference "$1" "$root$home_link.loadstar-new"
  mv --no-target-directory "$root$home_link.loadstar-new" "$root$home_link"
}

# keep_two_releases: this one, and the one before it for the way back.
keep_two_releases() {
  local other
  ((dry)) || rm -f "$releases/config.toml"
  [[ -n $former && $former != "$release" ]] || return 0
  for other in "$releases"/*/; do
    other=${other%/}
    [[ $other != "$release" && $other != "$former" ]] || continue
    doing "remove $other" || continue
    rm -rf "$other"
  done
}

remove_releases() {
  if [[ -L $root$home_link ]]; then
    doing "remove $home_link and $releases" || return 0
    rm -f "$root$home_link"
  fi
  ((dry)) || rm -rf "$root${releases:?}"/*
}
