# shellcheck shell=bash
# shellcheck disable=SC2154 # shared with the scripts that are sourced beside this one
# The daemon as systemd runs it, and its configuration.

new_config=0
new_unit=0

place_config() {
  local changed=0
  if [[ -z $config ]]; then
    [[ ! -e $root$daemon_config ]] || return 0
    config=$distribution/deploy/config.toml
  fi
  if ! is_offline && ((!dry)); then
    prepare_release
    "$release/bin/loadstar-snapshotter" config check "$config" >"$work/check" 2>&1 || fail "the daemon wouldn't start with $config: $(tail -n 1 "$work/check")"
  fi
  put_ours "$config" "$root$daemon_config"
  new_config=$changed
}

place_unit() {
  local changed=0
  prepare_release
  put_ours "$distribution/deploy/loadstar-snapshotter.service" "$root$unit_file"
  new_unit=$changed
}

enable_offline() {
  local wants=$root/etc/systemd/system/multi-user.target.wants
  [[ ! -L $wants/$unit ]] || return 0
  doing "enable $unit" || return 0
  mkdir -p "$wants"
  ln --symbolic "$unit_file" "$wants/$unit"
}

disable_offline() {
  local wants=$root/etc/systemd/system/multi-user.target.wants
  rm -f "$wants/$unit"
  rmdir "$wants" 2>/dev/null || true
}

# start_daemon: it runs, from this release, when this returns. systemctl waits until it has said that it is ready.
start_daemon() {
  if ((new_unit && !dry)); then systemctl daemon-reload; fi
  if [[ $(systemctl is-enabled "$unit" 2>/dev/null) != enabled ]] && doing "enable $unit"; then systemctl enable --quiet "$unit"; fi
  if ! systemctl is-active --quiet "$unit"; then
    doing "start $unit" || return 0
    systemctl start "$unit" || go_back
  elif ((new_release || new_unit)); then
    doing "restart $unit: containers that run on its mounts have to be started anew" || return 0
    systemctl restart "$unit" || go_back
  elif ((new_config)); then
    doing "have $unit read its configuration again: mirrors count at once, all else when it is started anew" || return 0
    systemctl reload "$unit"
  fi
  ((dry)) || await test -S "$socket" || fail "$unit runs, but there is no socket $socket: journalctl -u $unit"
}

# go_back: the daemon doesn't start. If another release was in use, that is used again.
go_back() {
  local why
  why=$(journalctl --unit "$unit" --lines 5 --output cat --no-pager 2>/dev/null | tail -n 1)
  if [[ -n $former && $former != "$release" && -d $former ]]; then
    link_release "$former"
    if systemctl restart "$unit"; then fail "the daemon of $release doesn't start, ${former##*/} runs again: $why"; fi
  fi
  fail "$unit doesn't start: ${why:-journalctl -u $unit}"
}

remove_daemon() {
  local mount
  if ! is_offline && systemctl cat "$unit" >/dev/null 2>&1 && doing "stop and disable $unit"; then
    systemctl disable --now --quiet "$unit" || true
  fi
  if ! is_offline; then
    while read -r mount; do
      doing "unmount $mount" || continue
      umount "$mount" 2>/dev/null || umount --lazy "$mount" || true
    done < <(our_mounts)
  fi
  take_back "$root$unit_file"
  take_back "$root$daemon_config"
  if ((dry)); then return; fi
  rmdir "$root${daemon_config%/*}" 2>/dev/null || true
  if is_offline; then disable_offline; else systemctl daemon-reload; fi
}

our_mounts() { # below the store, the latest first. mountinfo(5) writes a space as \040, of which the store's path has none
  awk -v dir="$store/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | tac
}

is_answering() { [[ -S $socket ]] && systemctl is-active --quiet "$unit"; }

status() {
  local good=0 line
  [[ -z $root || -z $enter ]] || exec nsenter --target "$enter" --mount --root --wd -- "$home_link/deploy/node/loadstar-node" status
  ! is_offline || fail "status is of a node that runs: --host-root needs --enter"
  if [[ ! -L $home_link ]]; then
    say "nothing is installed"
    return 1
  fi
  line=$(readlink "$home_link")
  say "release ${line##*/}"
  if is_answering; then say "daemon answers, $(our_mounts | wc -l) mounts"; else
    say "daemon doesn't answer: $(systemctl is-active "$unit")"
    good=1
  fi
  if [[ -e $containerd_config ]] && grep --quiet --fixed-strings "$mark" "$containerd_config"; then say "containerd is told of it by $containerd_config"; else
    say "containerd isn't told of it by $containerd_config"
    good=1
  fi
  if containerd_reaches_it; then say "containerd reaches it"; else
    say "containerd doesn't reach it"
    good=1
  fi
  return "$good"
}

watch_status() {
  local now was=''
  # The node's own programs, so that none of Loadstar's mounts is needed for this.
  [[ -z $enter ]] || exec nsenter --target "$enter" --mount --root --wd -- "$home_link/deploy/node/loadstar-node" watch
  trap 'exit 0' TERM INT
  while :; do
    now=$(status 2>&1 || true)
    [[ $now == "$was" ]] || printf '%s\n' "$now"
    was=$now
    sleep 10 &
    wait $! || true
  done
}
