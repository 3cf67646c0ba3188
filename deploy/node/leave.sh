# shellcheck shell=bash
# shellcheck disable=SC2154 # shared with the scripts that are sourced beside this one
# Taking Loadstar off a node. containerd keeps in its own database which snapshots it has: they are removed through it while it still reaches the daemon, since images whose
# snapshots are recorded there but gone couldn't be unpacked ever again.

kubelet_waits=0

uninstall() {
  if [[ ! -L $root$home_link && ! -e $root$unit_file ]] && ! grep --quiet --fixed-strings "$mark" "$root$containerd_config" 2>/dev/null; then
    say "nothing is installed"
    ((dry)) || rm -rf "$root${releases:?}"/*
    return 0
  fi
  leave_kubelet
  if ! is_offline; then
    if is_reached; then
      leave_containers
      leave_snapshots
    else
      say "containerd doesn't reach Loadstar, and so still has records of its snapshots: images of those can't be unpacked until they are removed (ctr images rm)"
    fi
  fi
  unplace_containerd
  if ((new_containerd)) && ! is_offline && doing "restart $containerd_unit; containers run on"; then
    systemctl restart "$containerd_unit" || fail "$containerd_unit doesn't start any more: journalctl -u $containerd_unit"
  fi
  remove_daemon
  remove_releases
  if ((purge)) && [[ -e $root$store ]] && doing "remove $root$store"; then
    rm -rf --one-file-system "$root${store:?}"
  fi
  start_kubelet_again
  ((dry)) || say "nothing of it is left$( ((purge)) || printf '%s' ", but $store (--purge)")"
}

# leave_kubelet: it can't pull any more if it is to do so through the daemon's socket.
leave_kubelet() {
  local found
  found=$(cd "$root/" && grep --files-with-matches --recursive --no-messages --fixed-strings "$socket" var/lib/kubelet/config.yaml var/lib/kubelet/kubeadm-flags.env etc/default/kubelet etc/sysconfig/kubelet \
    etc/kubernetes etc/systemd/system/kubelet.service etc/systemd/system/kubelet.service.d | head -n 1) || true
  [[ -z $found ]] || fail "the kubelet pulls through Loadstar: take its socket out of /$found (imageServiceEndpoint), restart the kubelet, then uninstall"
}

# is_reached: containerd reaches the daemon, which is started for that if it isn't running.
is_reached() {
  containerd_reaches_it && return
  ((!dry)) && systemctl start "$unit" 2>/dev/null && await containerd_reaches_it
}

# namespaces: containerd's, one a line.
namespaces() { ctr_here namespaces ls --quiet; }

# containers_on_it: namespace and id of each container whose root is a snapshot of Loadstar's, running or not.
containers_on_it() {
  local namespace id description
  for namespace in $(namespaces); do
    for id in $(ctr_here --namespace "$namespace" containers ls --quiet); do
      description=$(ctr_here --namespace "$namespace" containers info "$id" 2>/dev/null) || continue
      if [[ $description == *'"Snapshotter": "loadstar"'* ]]; then printf '%s %s\n' "$namespace" "$id"; fi
    done
  done
}

leave_containers() {
  local namespace id found
  found=$(containers_on_it)
  [[ -n $found ]] || return 0
  if ((!end_containers)); then
    fail "$(wc -l <<<"$found") containers are on Loadstar's snapshots ($(head -n 3 <<<"$found" | paste --serial --delimiters=,)): drain the node, or say --end-containers"
  fi
  # Otherwise it would start them anew, on Loadstar.
  if systemctl is-active --quiet kubelet.service && doing "stop kubelet.service meanwhile"; then
    kubelet_waits=1
    systemctl stop kubelet.service
  fi
  while read -r namespace id; do
    doing "end container $namespace/$id" || continue
    # Where it is a pod's sandbox, this ends the pod as kubelet would, its network included. The rest is for what isn't, and for nodes without crictl.
    if [[ $namespace == k8s.io ]] && type -P crictl >/dev/null; then
      crictl --runtime-endpoint "unix://$(containerd_address)" --timeout 60s rmp --force "$id" </dev/null >/dev/null 2>&1 || true
    fi
    ctr_here --namespace "$namespace" tasks kill --signal KILL "$id" </dev/null >/dev/null 2>&1 || true
    await container_is_gone "$namespace" "$id" || fail "container $namespace/$id doesn't end"
  done <<<"$found"
}

container_is_gone() { # container_is_gone NAMESPACE ID: tries to make it so
  ctr_here --namespace "$1" tasks rm --force "$2" </dev/null >/dev/null 2>&1 || true
  ctr_here --namespace "$1" containers rm "$2" </dev/null >/dev/null 2>&1 || true
  ! ctr_here --namespace "$1" containers info "$2" </dev/null >/dev/null 2>&1
}

start_kubelet_again() {
  ((kubelet_waits)) || return 0
  kubelet_waits=0
  doing "start kubelet.service again" || return 0
  systemctl start kubelet.service
}

# leave_snapshots: all of Loadstar's, and the images that were only there lazily: no other snapshotter could unpack them, and while they are known nobody pulls them anew.
leave_snapshots() {
  local namespace name
  for namespace in $(namespaces); do
    for name in $(lazy_images "$namespace"); do
      doing "forget image $namespace/$name, which was here lazily only" || continue
      ctr_here --namespace "$namespace" images rm "$name" >/dev/null || true
    done
    ((dry)) || remove_leaves "$namespace"
  done
}

lazy_images() { ctr_here --namespace "$1" images check 2>/dev/null | awk '/ incomplete \(/ { print $1 }'; }

# remove_leaves NAMESPACE: snapshots that no other stands on, again and again.
remove_leaves() {
  local leaves before=''
  while :; do
    leaves=$(ctr_here --namespace "$1" snapshots --snapshotter loadstar ls | awk 'NR > 1 { key[$1]; if (NF > 2) parent[$2] } END { for (k in key) if (!(k in parent)) print k }')
    [[ -n $leaves ]] || return 0
    [[ $leaves != "$before" ]] || fail "snapshots of namespace $1 can't be removed: $(head -n 1 <<<"$leaves")"
    before=$leaves
    xargs --no-run-if-empty --max-args=50 ctr --address "$(containerd_address)" --namespace "$1" snapshots --snapshotter loadstar rm <<<"$leaves" >/dev/null 2>&1 || true
  done
}
