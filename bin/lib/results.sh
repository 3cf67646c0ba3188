# shellcheck shell=bash
# shellcheck disable=SC2154 # home is the sourcing script's
# What the tests have said, out of surefire's reports.

# show_results: skipped tests with their reasons, failed ones by name, and last of all the counts. Returns 1 if any failed or none ran.
show_results() {
  local reports=()
  mapfile -t reports < <(find "$home" -path '*/target/surefire-reports/TEST-*.xml' ! -path "$home/dist/*" | sort)
  if ((${#reports[@]} == 0)); then
    printf '%s\n' "0 passed, 0 failed, 0 skipped"
    return 1
  fi
  # A report has an element a line: <testcase name classname>, in it <skipped message>, <failure> or <error>. Of a class with parameters surefire gives
  # an assumption that doesn't hold as a stack trace, and no message: <skipped type><![CDATA[type: Assumption failed: reason.
  awk '
    function attribute(name,   start, rest) {
      start = index($0, " " name "=\"")
      if (!start) return ""
      rest = substr($0, start + length(name) + 3)
      return substr(rest, 1, index(rest, "\"") - 1)
    }
    function plain(text) {
      gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&apos;/, "\047", text); gsub(/&#10;/, " ", text); gsub(/&amp;/, "\\&", text)
      return text
    }
    /<testcase / { test = plain(attribute("classname")) "." plain(attribute("name")); total++; bad = 0 }
    /<skipped/ {
      skipped++
      reason = plain(attribute("message"))
      if (reason == "" && match($0, /<!\[CDATA\[[^ ]+: /)) reason = substr($0, RSTART + RLENGTH)
      sub(/\]\]>.*/, "", reason)
      sub(/^Assumption failed: /, "", reason)
      print "skipped: " test ": " (reason == "" ? "no reason given" : reason)
    }
    (/<failure/ || /<error/) && !bad { failed++; bad = 1; print "FAILED:  " test ": " substr(plain(attribute("message")), 1, 200) }
    END {
      printf "%d passed, %d failed, %d skipped\n", total - failed - skipped, failed, skipped
      exit failed > 0
    }' "${reports[@]}"
}

# show_bounds: what the tests have said of what they did less often than in full.
show_bounds() {
  { grep --no-filename '^bounded: ' "$log" || true; } | sort -u
}

# keep_results SECONDS STATUS: the page that is kept of a full run.
keep_results() {
  local cpu
  cpu=$(awk -F': *' '/^model name/ { print $2; exit }' /proc/cpuinfo)
  cat <<TEXT
# The last full run of the tests

Written by \`bin/test full\`, which ended with status $2 after $1 s.

| | |
|---|---|
| date | $(date --utc +%F) |
| commit | $(git -C "$home" rev-parse --short HEAD 2>/dev/null || echo unknown)$(git -C "$home" diff --quiet HEAD -- . ':!docs/test-results.md' 2>/dev/null || echo ', with changes') |
| machine | $(nproc) × ${cpu:-$(uname -m)}, $(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo) |
| system | Linux $(uname -r), $(. /etc/os-release && printf '%s' "$PRETTY_NAME") |
| Java | $("$JAVA_HOME/bin/java" --version | head -n 1) |
| peers | $(containerd --version | awk '{ print $1, $3 }'), $(runc --version | head -n 1) |

\`\`\`
$(show_results)
\`\`\`

| module | tests | seconds |
|---|---:|---:|
$(module_times)
TEXT
}

# module_times: a table's row for each module, out of the reports.
module_times() {
  # shellcheck disable=SC2016 # awk's own dollars
  find "$home" -path '*/target/surefire-reports/TEST-*.xml' ! -path "$home/dist/*" -print0 | xargs --null awk -v home="$home/" '
    function attribute(name,   start, rest) {
      start = index($0, " " name "=\"")
      rest = substr($0, start + length(name) + 3)
      return substr(rest, 1, index(rest, "\"") - 1)
    }
    /<testsuite / {
      module = substr(FILENAME, length(home) + 1)
      sub("/.*", "", module)
      tests[module] += attribute("tests")
      seconds[module] += attribute("time")
    }
    END { for (module in tests) printf "| %s | %d | %.0f |\n", module, tests[module], seconds[module] }' | sort
}
