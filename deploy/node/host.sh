# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with the scripts that are sourced beside this one
# The node: where things go on it, how they get there whole or not at all, and who may do so.
#
#   /opt/loadstar.d/ID/                     a release: a distribution as bin/package makes it; ID is its version and fingerprint
#   /opt/loadstar                           a link to the one in use
#   /etc/systemd/system/loadstar-snapshotter.service
#   /etc/loadstar-snapshotter/config.toml
#   /etc/containerd/config.toml             only marked lines of it (toml.awk)
#   ….before-loadstar                       beside each of the three: what was there before, if anything was
#   /var/lib/loadstar-snapshotter/          the daemon's
#
# The first two files end with the mark that they are this command's.

root=''   # in front of every path; empty on the node itself
enter=''  # a process of the node, if this isn't the node's own mount namespace
config='' # what the daemon's configuration is to be; empty to leave it
dry=0
end_containers=0
purge=0
patience=120
cri=''
releases=/opt/loadstar.d
home_link=/opt/loadstar
unit=loadstar-snapshotter.service
unit_file=/etc/systemd/system/$unit
daemon_config=/etc/loadstar-snapshotter/config.toml
containerd_config=/etc/containerd/config.toml
containerd_unit=containerd.service
store=/var/lib/loadstar-snapshotter
socket=/run/loadstar-snapshotter/loadstar-snapshotter.sock
mark='# loadstar-node'
work=''
keeps_log=0 # on the node itself, and for what changes it

# Whoever reads what this says may go, as a pod does whose container is ended: that is no reason to stop half-way.
trap '' PIPE

say() {
  printf '%s\n' "loadstar-node: $*" 2>/dev/null || true
  log info "$*"
}

fail() {
  printf '%s\n' "loadstar-node: $*" >&2 || true
  log err "$*"
  exit 1
}

# log PRIORITY TEXT: in the node's own log (journalctl -t loadstar-node), for when nobody could read it any more.
log() {
  if ((keeps_log && !dry)); then logger --tag loadstar-node --priority "daemon.$1" -- "$2" 2>/dev/null || true; fi
}

# doing WHAT: says it; not to be done if it is only asked what would be.
doing() {
  if ((dry)); then
    say "would $*"
    return 1
  fi
  say "$*"
}

# is_offline: the node doesn't run: files are put in place, and that is all.
is_offline() { [[ -n $root ]]; }

one_at_a_time() {
  work=$(mktemp -d)
  if ((dry)); then return; fi
  mkdir -p "$root$releases"
  exec 9<"$root$releases"
  flock --timeout 600 9 || fail "another one has been at work here for ten minutes ($root$releases is locked)"
}

tidy() {
  local status=$?
  trap '' INT TERM HUP
  trap - EXIT
  start_kubelet_again
  rm -rf "$work"
  ((dry)) || rmdir "$root$releases" 2>/dev/null || true
  exit "$status"
}

# put FILE TARGET: TARGET as FILE is, whole or not at all, durably; with the mode and owner that it has, if it is there.
put() {
  local new="$2.loadstar-new"
  mkdir -p "${2%/*}"
  rm -f "$new"
  if [[ -e $2 ]]; then cp --preserve=mode,ownership "$2" "$new"; else (umask 022 && : >"$new"); fi
  cat "$1" >"$new"
  sync "$new"
  mv --no-target-directory "$new" "$2"
  sync "${2%/*}"
}

# is_ours FILE: this command has written the whole of it.
is_ours() { [[ -f $1 && $(tail -n 1 "$1") == "$mark" ]]; }

# put_ours FILE TARGET: the same with the mark; sets changed. What somebody else has put there is kept beside it.
put_ours() {
  changed=0
  {
    cat "$1"
    printf '%s\n' "$mark"
  } >"$work/marked"
  ! cmp --silent "$work/marked" "$2" || return 0
  changed=1
  doing "write $2" || return 0
  if [[ -e $2 ]] && ! is_ours "$2"; then cp --archive --no-target-directory "$2" "$2.before-loadstar"; fi
  put "$work/marked" "$2"
}

# take_back TARGET: what was there before put_ours, or nothing.
take_back() {
  is_ours "$1" || return 0
  doing "take back $1" || return 0
  if [[ -e $1.before-loadstar ]]; then mv --no-target-directory "$1.before-loadstar" "$1"; else rm "$1"; fi
}

check_node() {
  local at
  [[ ! -e $root/usr/lib/loadstar/bin/loadstar-snapshotter ]] || fail "Debian's package of Loadstar is installed here (/usr/lib/loadstar): remove one or keep to the other"
  [[ ! -e $root$home_link || -L $root$home_link ]] || fail "$home_link is a directory, not a link of this command: move it away first, and start this from there"
  if is_offline; then return; fi
  at=$store
  while [[ ! -e ${at:-/} ]]; do at=${at%/*}; done
  [[ $(stat --file-system --format=%T "${at:-/}") != overlayfs ]] || fail "$store would be on an overlay, which can't hold the upper layer of another: mount an ext4 or xfs there"
  [[ -d /run/systemd/system ]] || fail "systemd doesn't run here (no /run/systemd/system)"
  [[ -c /dev/fuse ]] || modprobe fuse 2>/dev/null || fail "there is no /dev/fuse: modprobe fuse"
  type -P containerd >/dev/null || fail "there is no containerd in PATH"
  type -P ctr >/dev/null || fail "there is no ctr in PATH, which comes with containerd"
}

# hand_over: has the node itself go on, by a unit of its own. This container may be run from Loadstar's mounts, which end while the daemon is replaced: from the exec on, nothing of
# the container is needed any more.
hand_over() {
  local from passed=() i
  for ((i = 0; i < ${#words[@]}; i++)); do
    case ${words[i]} in
      --host-root | --enter | --config) i=$((i + 1)) ;;
      *) passed+=("${words[i]}") ;;
    esac
  done
  if ((dry)); then
    say "would have the node go on by itself: loadstar-node $command ${passed[*]}"
    exit 0
  fi
  if [[ $command == uninstall ]]; then
    if [[ ! -e $root$releases ]]; then
      say "nothing is installed"
      exit 0
    fi
    from=$releases/leaving
    rm -rf "$root$from"
    mkdir -p "$root$from"
    cp "$here"/* "$root$from/"
  else
    place_release
    if [[ -n $config ]]; then
      cp "$config" "$root$releases/config.toml"
      passed+=(--config "$releases/config.toml")
    fi
    from=$release/deploy/node
  fi
  exec nsenter --target "$enter" --mount --root --wd -- /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    systemd-run --quiet --wait --pipe --collect --unit "loadstar-node-$$-$RANDOM" --property TimeoutStopSec=600 \
    bash "$from/loadstar-node" "$command" "${passed[@]}"
}

# await COMMAND...: asks twice a second until it succeeds; 1 when it hasn't after --wait's seconds.
await() {
  local until=$((SECONDS + patience))
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < until)) || return 1
    sleep 0.5
  done
}
