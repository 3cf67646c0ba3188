# shellcheck shell=bash
# shellcheck disable=SC2154 # home is the sourcing script's, running processes.sh's
# A Debian of its own, booted with systemd as process 1 of namespaces of its own, for trials of what is installed on nodes:
#
#   dist/debian/                     as debootstrap made it, once; dist/debian/made is written last
#   /var/tmp/loadstar-try.*/root     a copy, which is booted
#
# The sourcing script sets unit, traps EXIT with clean_up, and has a function clean_up_more for what else there is.

root=''   # the Debian that is booted: a copy
outer=''  # unshare's pid here
system='' # systemd's pid here
group=''

clean_up() {
  local status=$?
  trap '' INT TERM HUP
  trap - EXIT
  stop_ticking
  if [[ -n $running ]]; then end_tree "$running"; fi
  if [[ -n $system ]] && alive "$system"; then kill -KILL "$system" || true; fi
  if [[ -n $outer && -z $system ]]; then end_tree "$outer"; fi
  if [[ -n $outer ]]; then wait "$outer" 2>/dev/null || true; fi
  if [[ -n $group ]]; then find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true; fi
  clean_up_more
  # Its mounts were in a namespace of its own, which has gone with it.
  if [[ -n $root ]] && ! grep --quiet --fixed-strings " $root/" /proc/self/mountinfo; then rm -rf "${root%/root}"; fi
  exit "$status"
}

make_debian() {
  local at=$home/dist/debian
  [[ ! -e $at/made ]] || return 0
  rm -rf "$at"
  mkdir -p "$at"
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,containerd,runc bookworm "$at/root" "$(debian_mirror)" >"$home/dist/debian.log" 2>&1 \
    || die "debootstrap failed: $home/dist/debian.log says why"
  rm -rf "$at"/root/var/cache/apt/archives/*.deb
  : >"$at/made"
}

# copy_debian: sets root to a new copy.
copy_debian() {
  make_debian
  root=$(mktemp -d /var/tmp/loadstar-try.XXXXXX)/root
  cp --archive --reflink=auto "$home/dist/debian/root" "$root"
}

# boot: systemd as process 1 of namespaces of its own.
boot() {
  local tree child
  tree=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
  [[ -n $tree ]] || die "no cgroup file system of version 2 is mounted here"
  group=$tree/loadstar-try.$$
  mkdir "$group"
  # shellcheck disable=SC2016 # for the inner shell
  unshare --cgroup --pid --fork --mount --propagation private bash -c '
    set -e
    root=$1
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    mount -t tmpfs tmpfs "$root/run"
    mount -t tmpfs tmpfs "$root/dev"
    for device in null zero full random urandom tty fuse; do
      : >"$root/dev/$device"
      mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir "$root/dev/shm" "$root/dev/pts"
    exec chroot "$root" env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --log-target=null systemd.unit=multi-user.target
  ' boot "$root" >"$root/../boot.log" 2>&1 </dev/null &
  outer=$!
  await 10 has_child "$outer" || die "no namespaces could be made here: $(tail -n 1 "$root/../boot.log")"
  child=$(</proc/"$outer"/task/"$outer"/children)
  system=${child// /}
  await 60 is_up || die "systemd doesn't come up: $(inside systemctl --failed --plain --no-legend 2>&1 | head -n 3)"
}

has_child() { [[ -n $(cat /proc/"$1"/task/"$1"/children 2>/dev/null) ]]; }

inside() { # inside COMMAND...: in the Debian that has been booted
  nsenter --target "$system" --mount --pid --cgroup --root --wd env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"
}

is_up() { [[ $(inside systemctl is-system-running 2>/dev/null) == running ]]; }

is() { # is STATE: the unit's
  [[ $(inside systemctl is-active "$unit") == "$1" ]]
}

# holds WHAT COMMAND...: ends it all when COMMAND fails.
holds() {
  local what=$1
  shift
  if ! "$@" >"$home/dist/try.log" 2>&1; then
    inside journalctl _SYSTEMD_UNIT="$unit" + SYSLOG_IDENTIFIER=loadstar-node --no-pager 2>/dev/null | tail -n 20 >&2 || true
    tail -n 5 "$home/dist/try.log" >&2
    die "doesn't hold: $what"
  fi
  note "holds: $what"
}

pid_inside() { inside systemctl show --property=MainPID --value "$unit"; }

memory() { inside cat "/proc/$(pid_inside)/status" | awk '/^VmRSS/ { print $2 * 1024 }'; }

kill_inside() { inside sh -c "kill -KILL $(pid_inside)"; }

absent() { # absent PATH...: none of them is in there
  local path
  for path in "$@"; do
    if inside test -e "$path"; then return 1; fi
  done
}
