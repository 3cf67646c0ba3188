# shellcheck shell=bash
# shellcheck disable=SC2154 # shared with the scripts that are sourced beside this one
# containerd's configuration: a few marked lines in its own file, not a drop-in, since containerd 1.x replaces a plugin's whole section by that of an imported file: the pause image, the
# runtimes and SystemdCgroup would be lost (docs/decisions/029-nodes.md).

new_containerd=0 # whether its file is to be changed; the next is in $work/containerd.toml then

containerd_here() { if is_offline; then chroot "$root" containerd "$@"; else containerd "$@"; fi; }

toml_value() { # toml_value FILE SECTION KEY
  awk -f "$here/toml.awk" -v mode=get -v section="$2" -v key="$3" "$1"
}

# containerd_version: sets major and minor; 1 if it doesn't run here.
containerd_version() {
  local text
  text=$(containerd_here --version 2>/dev/null) || return 1
  [[ $text =~ [[:space:]]v?([0-9]+)\.([0-9]+) ]] || return 1
  major=${BASH_REMATCH[1]}
  minor=${BASH_REMATCH[2]}
}

# plan_containerd: what its file is to be, checked, but not yet put there.
plan_containerd() {
  local file=$root$containerd_config major='' minor='' form
  : >"$work/now"
  if [[ -e $file ]]; then cat "$file" >"$work/now"; fi
  awk -f "$here/toml.awk" -v mode=undo "$work/now" >"$work/base"
  containerd_version || true
  form=$(toml_value "$work/base" '' version)
  if [[ -z $form ]]; then
    if grep --quiet '^[[:space:]]*[^#[:space:]]' "$work/base"; then
      fail "$containerd_config says no version, and so is of version 1: write it anew in version 2 (containerd config migrate does that from 1.7 on; or by hand)"
    fi
    [[ -n $major ]] || fail "there is no $containerd_config, and containerd doesn't run in $root: can't tell which version of it is needed"
    form=$((major > 1 ? 3 : 2))
    edits_new=1
  else
    edits_new=0
  fi
  [[ $form == 2 || $form == 3 ]] || fail "$containerd_config is of version $form; 2 and 3 are known here"
  if [[ -z $major ]]; then
    major=$((form - 1)) minor=$((form == 2 ? 6 : 0))
  fi
  wants_cri || say "containerd's cri plugin is disabled or left out: pods won't use Loadstar"
  edits >"$work/edits"
  awk -f "$here/toml.awk" -v mode=set "$work/edits" "$work/base" >"$work/containerd.toml"
  ! cmp --silent "$work/now" "$work/containerd.toml" || return 0
  new_containerd=1
  check_containerd
}

wants_cri() {
  [[ $cri != no ]] || return 1
  [[ $cri == yes ]] || ! awk '/^[ \t]*disabled_plugins[ \t]*=/ { on = 1 } on { text = text $0 } on && /\]/ { exit } END { exit text !~ /cri/ }' "$work/base"
}

# edits: as toml.awk takes them.
edits() {
  local images='plugins."io.containerd.grpc.v1.cri".containerd' unpack='+plugins."io.containerd.transfer.v1.local".unpack_config' machine
  ((!edits_new)) || printf '\tversion\t%s\n' "$form"
  printf 'proxy_plugins.loadstar\t%s\t%s\n' type '"snapshot"' address "\"$socket\""
  # Where kubelet finds the file system of images, and that owners are mapped for user namespaces (1.7); that the transfer service is to say what it pulls (2.0).
  ((major == 1 && minor < 7)) || printf 'proxy_plugins.loadstar\tcapabilities\t["remap-ids"]\nproxy_plugins.loadstar.exports\troot\t"%s"\n' "$store"
  if ((major > 1)); then
    printf 'proxy_plugins.loadstar.exports\tenable_remote_snapshot_annotations\t"true"\n'
    machine=$(uname -m)
    case $machine in
      x86_64) machine=amd64 ;;
      aarch64) machine=arm64 ;;
    esac
    # Naming one here takes away the default, which is overlayfs.
    grep --quiet '^[^#]*transfer\.v1\.local.*unpack_config' "$work/base" || printf '%s\t%s\t"%s"\n' "$unpack" platform "linux/$machine" "$unpack" snapshotter overlayfs
    printf '%s\t%s\t"%s"\n' "$unpack" platform "linux/$machine" "$unpack" snapshotter loadstar
  fi
  if ((form == 3)); then images='plugins."io.containerd.cri.v1.images"'; fi
  if wants_cri; then printf '%s\t%s\t%s\n' "$images" snapshotter '"loadstar"' "$images" disable_snapshot_annotations false; fi
}

# dump FILE: how containerd understands it.
dump() { containerd_here --config "${1#"$root"}" config dump 2>"$work/dump.errors"; }

# check_containerd: containerd reads the new file, finds in it what is meant, and everything else as it was.
check_containerd() {
  local old=$root$containerd_config next=$root$containerd_config.loadstar-check images='plugins."io.containerd.grpc.v1.cri".containerd'
  if ! containerd_here --version >/dev/null 2>&1; then
    say "containerd doesn't run in $root: its new configuration isn't checked"
    return 0
  fi
  # Beside the old one, since imports may be relative to it.
  mkdir -p "${next%/*}"
  cat "$work/containerd.toml" >"$next"
  if ! dump "$next" >"$work/after"; then
    rm -f "$next"
    fail "containerd can't read $containerd_config with Loadstar's lines in it, so it is left as it is: $(tail -n 1 "$work/dump.errors"). What to merge by hand: $distribution/deploy/containerd-$((major > 1 ? 2 : 1)).x.toml"
  fi
  cat "$work/base" >"$next"
  if [[ -e $old ]] && dump "$next" >"$work/before"; then
    without_ours "$work/before" >"$work/before.others"
    without_ours "$work/after" >"$work/after.others"
    if ! cmp --silent "$work/before.others" "$work/after.others"; then
      rm -f "$next"
      fail "Loadstar's lines in $containerd_config would change other settings too, so it is left as it is: $(diff "$work/before.others" "$work/after.others" | sed -n 2p)"
    fi
  fi
  rm -f "$next"
  [[ $(toml_value "$work/after" proxy_plugins.loadstar address) == "$socket" ]] || fail "an imported file overrides proxy_plugins.loadstar of $containerd_config"
  grep --quiet 'version = 3' "$work/after" && images='plugins."io.containerd.cri.v1.images"'
  ! wants_cri || [[ $(toml_value "$work/after" "$images" snapshotter) == loadstar ]] || fail "a file that $containerd_config imports sets the plugin cri anew, and with it the snapshotter: put snapshotter and disable_snapshot_annotations there"
}

# without_ours DUMP: without what Loadstar's lines set, and the names of files.
without_ours() {
  awk '
    /^[ \t]*\[/ { ours = $0 ~ /proxy_plugins\.loadstar|proxy_plugins\]|unpack_config/ }
    ours || /^imports/ || /^[ \t]*$/ { next }
    /^[ \t]*(snapshotter|disable_snapshot_annotations|unpack_config) *=/ { next }
    { print }' "$1"
}

place_containerd() {
  local file=$root$containerd_config
  ((new_containerd)) || return 0
  doing "write Loadstar's lines into $file" || return 0
  if [[ -e $file && ! -e $file.before-loadstar ]]; then cp --archive --no-target-directory "$file" "$file.before-loadstar"; fi
  [[ -d ${file%/*} ]] || : >"$root$releases/containerd-directory-made"
  put "$work/containerd.toml" "$file"
}

# unplace_containerd: the file without Loadstar's lines; the original itself, if nothing else has been changed since.
unplace_containerd() {
  local file=$root$containerd_config
  [[ -e $file ]] && grep --quiet --fixed-strings "$mark" "$file" || return 0
  new_containerd=1
  doing "take Loadstar's lines out of $file" || return 0
  awk -f "$here/toml.awk" -v mode=undo "$file" >"$work/base"
  if [[ -e $file.before-loadstar ]] && cmp --silent "$work/base" <(awk 1 "$file.before-loadstar"); then
    mv --no-target-directory "$file.before-loadstar" "$file"
  elif [[ ! -s $work/base && ! -e $file.before-loadstar ]]; then
    rm "$file"
    if [[ -e $root$releases/containerd-directory-made ]]; then rmdir "${file%/*}" 2>/dev/null || true; fi
  else
    put "$work/base" "$file"
    say "$file was changed after the installation: those changes stay, and what it was before is in $file.before-loadstar"
  fi
}

containerd_address() {
  local address=''
  if [[ -e $containerd_config ]]; then address=$(toml_value "$containerd_config" grpc address); fi
  printf '%s' "${address:-/run/containerd/containerd.sock}"
}

ctr_here() { ctr --address "$(containerd_address)" "$@"; }

# containerd_reaches_it: it has the plugin, and the daemon answers through it.
containerd_reaches_it() {
  ctr_here plugins ls 2>/dev/null | awk '$2 == "loadstar" && $NF == "ok" { found = 1 } END { exit !found }' \
    && ctr_here --namespace loadstar-node snapshots --snapshotter loadstar ls >/dev/null 2>&1
}

# restart_containerd: only if its file has changed. If it doesn't reach the daemon then, the file is as it was, and so is containerd.
restart_containerd() {
  if ((new_containerd)); then
    doing "restart $containerd_unit; containers run on" || return 0
    if systemctl restart "$containerd_unit" && await containerd_reaches_it; then return 0; fi
    unplace_containerd
    systemctl restart "$containerd_unit" || true
    fail "$containerd_unit doesn't reach Loadstar with its new configuration, and has its old one again: journalctl -u $containerd_unit"
  fi
  ((dry)) || await containerd_reaches_it || fail "containerd doesn't reach Loadstar: is $containerd_unit running? (ctr plugins ls)"
}
