# Sets keys in containerd's configuration, which people and their tools edit too, so that exactly that can be undone at any time:
#
#   awk -f toml.awk -v mode=undo FILE            the file as it was, whatever else has been changed in it since
#   awk -f toml.awk -v mode=set EDITS FILE       with the keys set
#   awk -f toml.awk -v mode=get -v section=S -v key=K FILE     K's value, unquoted; nothing where there is none
#
# EDITS: lines of SECTION, KEY and VALUE, between them a tab each. SECTION is what stands between a header's brackets (empty: the top of the file), VALUE as TOML has it. A section
# "+NAME" is one of an array, [[NAME]]: it is always added; a key that comes again begins another.
#
# A line that was added ends with the mark below; one that was replaced stands behind the mark and "was: ", as it was. It is no TOML parser: it knows headers and keys that begin a
# line. What it makes of anything stranger is seen by containerd's own reading of the result, before that is used.

BEGIN { mark = "# loadstar-node" }

# name TEXT: a dotted name in one spelling, whatever its quotes and spaces.
function name(text,   out, i, c, quote) {
  out = ""
  quote = ""
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (quote != "") {
      if (c == quote) quote = ""; else out = out c
    } else if (c == "\"" || c == "'") {
      quote = c
    } else if (c == ".") {
      out = out "\034"
    } else if (c != " " && c != "\t") {
      out = out c
    }
  }
  return out
}

# header LINE: the section that it begins, "+" before an array's; "-" where it begins none.
function header(line) {
  sub(/^[ \t]+/, "", line)
  if (line ~ /^\[\[[^\[\]]+\]\][ \t\r]*(#.*)?$/) {
    sub(/^\[\[/, "", line)
    sub(/\]\][ \t\r]*(#.*)?$/, "", line)
    return "+" name(line)
  }
  if (line ~ /^\[[^\[\]]+\][ \t\r]*(#.*)?$/) {
    sub(/^\[/, "", line)
    sub(/\][ \t\r]*(#.*)?$/, "", line)
    return name(line)
  }
  return "-"
}

# key_of LINE: the key that it gives a value; empty for none.
function key_of(line,   at) {
  if (line ~ /^[ \t]*#/) return ""
  at = index(line, "=")
  return at ? name(substr(line, 1, at - 1)) : ""
}

function value_of(line) {
  sub(/^[^=]*=[ \t]*/, "", line)
  sub(/[ \t\r]*(# loadstar-node)?[ \t\r]*$/, "", line)
  return line
}

function plain(value) {
  if (value ~ /^".*"$/ || value ~ /^'.*'$/) return substr(value, 2, length(value) - 2)
  return value
}

function is_added(line) { return line ~ /# loadstar-node\r?$/ }

mode == "undo" {
  if (index($0, mark " was: ") == 1) print substr($0, length(mark " was: ") + 1)
  else if (!is_added($0)) print
  next
}

mode == "get" {
  if ((at = header($0)) != "-") here = at
  else if (here == name(section) && key_of($0) == key) { print plain(value_of($0)); exit }
  next
}

FNR == NR {
  split($0, field, "\t")
  edits++
  where[edits] = substr(field[1], 1, 1) == "+" ? "+" name(substr(field[1], 2)) : name(field[1])
  title[edits] = field[1]
  what[edits] = field[2]
  value[edits] = field[3]
  next
}

{
  line[++lines] = $0
  if ((at = header($0)) != "-") {
    here = at
    if (!(here in begins)) begins[here] = lines
  } else if ((key = key_of($0)) != "") {
    for (i = 1; i <= edits; i++) if (where[i] == here && what[i] == key && where[i] !~ /^\+/) found[i] = lines
  }
}

END {
  if (mode != "set") exit
  for (i = 1; i <= edits; i++) {
    if (i in found) replaced[found[i]] = i
    else if (where[i] == "") top = top added(i)
    else if (where[i] in begins && where[i] !~ /^\+/) after[begins[where[i]]] = after[begins[where[i]]] added(i)
    else tail = tail opening(i) added(i)
  }
  printf "%s", top
  for (i = 1; i <= lines; i++) {
    if (i in replaced && value_of(line[i]) != value[replaced[i]]) {
      print mark " was: " line[i]
      printf "%s", added(replaced[i])
    } else {
      print line[i]
    }
    if (i in after) printf "%s", after[i]
  }
  printf "%s", tail
}

# opening I: a header, unless the one before it is still good. A key that comes again begins another element of an array.
function opening(i) {
  if (where[i] == last && !(what[i] in said)) { said[what[i]]; return "" }
  last = where[i]
  split("", said)
  said[what[i]]
  return heading(i)
}

function added(i) { return what[i] " = " value[i] " " mark "\n" }

function heading(i) {
  return (title[i] ~ /^\+/ ? "[[" substr(title[i], 2) "]]" : "[" title[i] "]") " " mark "\n"
}
