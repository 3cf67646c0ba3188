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
  # A report has an element a line: <testcase name classname>, in it <skipped message>, <failure> or <error>.
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
      sub(/^Assumption failed: /, "", reason)
      print "skipped: " test ": " (reason == "" ? "no reason given" : reason)
    }
    (/<failure/ || /<error/) && !bad { failed++; bad = 1; print "FAILED:  " test ": " substr(plain(attribute("message")), 1, 200) }
    END {
      printf "%d passed, %d failed, %d skipped\n", total - failed - skipped, failed, skipped
      exit failed > 0
    }' "${reports[@]}"
}
