# shellcheck shell=bash
# shellcheck disable=SC2154 # home is the sourcing script's
# A node of its own: containerd, registry and snapshotter in one temporary directory, on unix sockets and a loopback port. Nothing of the
# host's is read or written: own roots, states, sockets, runc root, containerd namespace and cgroups. This file alone knows the layout:
#
#   $node/containerd.toml, containerd/, containerd-state/, c.sock    containerd
#   $node/registry.yml, registry/, access.log                        docker-registry; access.log has a line a request
#   $node/snapshotter.toml, snapshotter/, s.sock, s.sock.pull        loadstar-snapshotter
#   $node/runc/, fifo/                                               runc's state, containers' output
#   $node/*.log                                                      what each says
#
# containerd's shims insist on a socket in /run/containerd/s: those of this node are removed with it, and the directories, if they weren't there.

node=''
registry=''
node_pids=()
node_patience=10 # seconds that a process has to end by itself
had_run_containerd=0
had_run_sockets=0

# make_node: sets node to a new directory that can hold an overlay's upper layer.
make_node() {
  local parent
  if [[ -e /run/containerd ]]; then had_run_containerd=1; fi
  if [[ -e /run/containerd/s ]]; then had_run_sockets=1; fi
  for parent in "${TMPDIR:-/var/tmp}" /var/tmp /tmp /dev/shm; do
    # A unix socket's path has 107 bytes at most (unix(7)).
    [[ -d $parent && -w $parent && ${#parent} -lt 80 ]] || continue
    node=$(mktemp -d "$parent/loadstar.XXXXXX")
    if holds_overlay "$node"; then
      chmod 711 "$node"
      return 0
    fi
    rm -rf "$node"
    node=''
  done
  die "no directory can hold an overlay's upper layer (tried ${TMPDIR:-/var/tmp}, /tmp, /dev/shm): set TMPDIR to one on ext4, xfs, btrfs or tmpfs"
}

holds_overlay() {
  local status=0
  mkdir "$1"/{lower,upper,work,merged}
  mount -t overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" overlay "$1/merged" 2>/dev/null || status=1
  ((status)) || umount "$1/merged"
  rm -rf "$1"/{lower,upper,work,merged}
  return "$status"
}

need_space() { # need_space BYTES: free where the node is
  local free
  free=$(df --output=avail --block-size=1 "$node" | tail -n 1)
  megabytes "$1"
  ((free >= $1)) || die "$node needs $REPLY free: set TMPDIR to a directory on a larger disk"
}

# launch_into LOG COMMAND...: in a session of its own, so that Ctrl-C reaches this script and not the daemons, which it ends in order.
launch_into() {
  local log=$1
  shift
  setsid "$@" >"$log" 2>&1 </dev/null &
  node_pids+=($!)
}

start_registry() {
  mkdir -p "$node/registry"
  printf '%s\n' "version: 0.1" "log: {level: info, accesslog: {disabled: false}}" "storage: {filesystem: {rootdirectory: $node/registry}, delete: {enabled: true}}" \
    "http: {addr: '127.0.0.1:0'}" >"$node/registry.yml"
  : >"$node/registry.log"
  # Its access log goes to stdout, all else to stderr.
  setsid docker-registry serve "$node/registry.yml" >"$node/access.log" 2>"$node/registry.log" </dev/null &
  node_pids+=($!)
  await 10 registry_listens "${node_pids[-1]}" || fail_with "docker-registry" "$node/registry.log"
}

registry_listens() {
  registry=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$node/registry.log")
  [[ -n $registry ]] || gone "$1"
}

start_snapshotter() {
  mkdir -p "$node/snapshotter"
  : >"$node/snapshotter.toml"
  launch_into "$node/snapshotter.log" "$home/bin/loadstar-snapshotter" --address "$node/s.sock" --root "$node/snapshotter" \
    --config "$node/snapshotter.toml" --log-level info
  await 30 answers "$node/s.sock" "${node_pids[-1]}" || true
  [[ -S $node/s.sock ]] || fail_with "loadstar-snapshotter" "$node/snapshotter.log"
  export LOADSTAR_DAEMON=$node/s.sock # who pulls for this node's commands
}

answers() { [[ -S $1 ]] || gone "$2"; } # the socket appears under its name when it answers

start_containerd() {
  cat >"$node/containerd.toml" <<TOML
version = 2
root = "$node/containerd"
state = "$node/containerd-state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt", "io.containerd.internal.v1.restart", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "$node/c.sock"
[ttrpc]
  address = "$node/c.ttrpc"
[proxy_plugins.loadstar]
  type = "snapshot"
  address = "$node/s.sock"
TOML
  launch_into "$node/containerd.log" containerd --config "$node/containerd.toml"
  await 20 containerd_answers "${node_pids[-1]}" || true
  ctr_here version >/dev/null 2>&1 || fail_with "containerd" "$node/containerd.log"
}

# import_layout DIR BASE-NAME: an OCI layout's images into containerd, not unpacked.
import_layout() {
  tar --create --directory="$1" . | ctr_here images import --no-unpack --base-name "$2" - >/dev/null
}

containerd_answers() { ctr_here version >/dev/null 2>&1 || gone "$1"; }

fail_with() { # fail_with WHAT LOG
  tail -n 10 "$2" >&2 || true
  die "$1 didn't start; the last lines of its log stand above"
}

ctr_here() { ctr --address "$node/c.sock" --namespace "${node##*/}" "$@"; }

# run_container SNAPSHOTTER IMAGE NAME [ARGUMENT...]: its output on stdout, its status as this one's.
run_container() {
  local snapshotter=$1 image=$2 name=$3
  shift 3
  # A cgroup at the top: with one below the namespace's, runc would leave the namespace's behind.
  ctr_here run --rm --snapshotter "$snapshotter" --runc-root "$node/runc" --fifo-dir "$node/fifo" --cgroup "/${node##*/}-$name" "$image" "$name" "$@"
}

# stop_node: ends and removes all of it, from any state, and says what would be left. Returns 1 if anything is.
stop_node() {
  local pid task file socket sockets=() left=() index
  [[ -n $node && -d $node ]] || return 0
  stop_containers
  for file in "$node"/containerd-state/*/*/*/address; do
    [[ -e $file ]] || continue
    socket=$(<"$file")
    [[ $socket == unix:///run/containerd/s/* ]] && sockets+=("${socket#unix://}")
  done
  # Started last, ended first: containerd before its snapshotter, the snapshotter before the registry.
  for ((index = ${#node_pids[@]} - 1; index >= 0; index--)); do
    end_process "${node_pids[index]}" "$node_patience" || true
  done
  for file in "$node"/containerd-state/*/*/*/init.pid; do
    [[ -e $file ]] || continue
    pid=$(<"$file")
    grep --quiet --fixed-strings "/${node##*/}-" "/proc/$pid/cgroup" 2>/dev/null && end_process "$pid" 0
  done
  for pid in $(processes_naming "$node/"); do end_process "$pid" 2 || true; done
  while read -r task; do umount --lazy "$task" 2>/dev/null || true; done < <(mounts_below "$node")
  for task in /sys/fs/cgroup/"${node##*/}"-* /sys/fs/cgroup/*/"${node##*/}"-*; do
    if [[ -d $task ]]; then rmdir "$task" 2>/dev/null || true; fi
  done
  ((${#sockets[@]} == 0)) || rm -f "${sockets[@]}"
  ((had_run_sockets)) || rmdir /run/containerd/s 2>/dev/null || true
  ((had_run_containerd)) || rmdir /run/containerd 2>/dev/null || true
  rm -rf --one-file-system "$node" || true
  for pid in $(processes_naming "$node/"); do left+=("process $pid"); done
  mapfile -t -O "${#left[@]}" left < <(mounts_below "$node" | sed 's/^/mount /')
  [[ ! -e $node ]] || left+=("directory $node")
  ((${#left[@]} == 0)) && return 0
  warn "left behind: ${left[*]}"
  return 1
}

stop_containers() {
  local name
  [[ -S $node/c.sock ]] || return 0
  for name in $(timeout 5 ctr --address "$node/c.sock" --namespace "${node##*/}" tasks ls -q 2>/dev/null); do
    timeout 5 ctr --address "$node/c.sock" --namespace "${node##*/}" tasks rm --force "$name" >/dev/null 2>&1 || true
  done
}
