# shellcheck shell=bash
# shellcheck disable=SC2034 # the colours and the step are for the scripts that source this
# What the scripts tell the person in front of them: steps with their time, notes, and one-line errors.
# Everything goes to stderr, so that a launcher's stdout stays its command's own. Colours only on a terminal.

if [[ -t 2 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' cyan=$'\e[36m' plain=$'\e[0m'
else
  bold='' dim='' green='' red='' cyan='' plain=''
fi
step_since=0
step_text=''

now_ms() { # milliseconds since the epoch, without a fork
  local now=${EPOCHREALTIME/[.,]/}
  REPLY=${now%???}
}

seconds() { # seconds MS: sets REPLY to "12.3"
  REPLY="$(($1 / 1000)).$((($1 % 1000) / 100))"
}

step() { # step TEXT: a piece of work begins
  now_ms
  step_since=$REPLY
  step_text=$*
  printf '%s\n' "${cyan}•${plain} $*" >&2
}

done_step() { # done_step TEXT: the piece of work has ended
  local now
  now_ms
  now=$REPLY
  seconds $((now - step_since))
  printf '%s\n' "  ${green}✓${plain} $* ${dim}(${REPLY} s)${plain}" >&2
}

note() { printf '%s\n' "  ${dim}$*${plain}" >&2; }

warn() { printf '%s\n' "  ${red}!${plain} $*" >&2; }

die() { # die TEXT: one line that names the object and the remedy
  printf '%s\n' "${red}${0##*/}: $*${plain}" >&2
  exit 1
}

megabytes() { # megabytes BYTES: sets REPLY to "123.4 MB" (10^6)
  REPLY="$(($1 / 1000000)).$((($1 % 1000000) / 100000)) MB"
}
