# shellcheck shell=bash
# shellcheck disable=SC2154 # the colours are say.sh's
# Processes that this script started: waited for so that signals get through, ended by their pid, politely first.

running='' # the command that the script waits for just now
ticker=''  # the process that counts its seconds on the terminal

# run COMMAND...: in the background and waited for, since bash runs a trap only between foreground commands, however long those take.
run() {
  local status=0
  "$@" &
  running=$!
  wait "$running" || status=$?
  running=''
  return "$status"
}

# ticking TEXT COMMAND...: run, with a line that counts the seconds on a terminal, which would be silent for long otherwise.
ticking() {
  local text=$1 status=0
  shift
  if [[ -t 2 ]]; then
    (
      second=0
      while sleep 1; do
        second=$((second + 1))
        printf '\r\e[K  %s%s … %d s%s' "$dim" "$text" "$second" "$plain" >&2
      done
    ) &
    ticker=$!
  fi
  "$@" &
  running=$!
  wait "$running" || status=$?
  running=''
  stop_ticking
  return "$status"
}

stop_ticking() {
  [[ -n $ticker ]] || return 0
  end_tree "$ticker"
  ticker=''
  if [[ -t 2 ]]; then printf '\r\e[K' >&2; fi
}

# alive PID: it exists and isn't a zombie. Where pid 1 reaps late, an ended process is one for a while.
alive() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) }
  [[ ${stat%% *} != [ZX] ]]
}

# await SECONDS COMMAND...: asks every 50 ms until COMMAND succeeds; 1 when it hasn't by then.
await() {
  local until now
  now_ms
  until=$((REPLY + $1 * 1000))
  shift
  until "$@"; do
    now_ms
    now=$REPLY
    ((now < until)) || return 1
    sleep 0.05
  done
}

gone() { ! alive "$1"; }

# end_process PID [SECONDS]: TERM, then KILL when it hasn't gone by then.
end_process() {
  alive "$1" || return 0
  kill -TERM "$1" 2>/dev/null || true
  await "${2:-10}" gone "$1" && return 0
  kill -KILL "$1" 2>/dev/null || true
  await 5 gone "$1"
}

# end_tree PID: the process, which may have things to tidy up, and then what it has started, so that none is started anew.
end_tree() {
  local child children=''
  { read -r children <"/proc/$1/task/$1/children"; } 2>/dev/null || true
  end_process "$1" 30 || true
  for child in $children; do end_tree "$child"; done
}

# end_children PID SECONDS: what it has started, not itself.
end_children() {
  local child children=''
  { read -r children <"/proc/$1/task/$1/children"; } 2>/dev/null || true
  for child in $children; do end_process "$child" "$2"; done
}

# processes_naming TEXT: the pids, one a line, whose command line has TEXT in it; TEXT is a path that nobody else's has.
processes_naming() {
  local file pid words
  for file in /proc/[0-9]*/cmdline; do
    pid=${file//[!0-9]/}
    [[ $pid != "$$" && $pid != "$BASHPID" ]] || continue
    { mapfile -d '' -t words <"$file"; } 2>/dev/null || continue
    if [[ "${words[*]}" == *"$1"* ]] && alive "$pid"; then echo "$pid"; fi
  done
}

# mounts_below DIR: mount points at or below DIR, the deepest and latest first. mountinfo(5) writes a space as \040.
mounts_below() {
  awk -v dir="$1" '{ gsub(/\\040/, " ", $5) } $5 == dir || index($5, dir "/") == 1 { print $5 }' /proc/self/mountinfo | tac
}
