#!/bin/sh
# Opens a report in headless Chromium, checks the page that its JavaScript has drawn, then uses it as a reader would.
#   tests/report_browser_test.sh PAGE.html [TEXT that must be on the page]...
# Exit status 77 (skipped) where there is no Chromium.
set -eu
report=$1
shift

for name in chromium chromium-browser google-chrome; do
  browser=$(command -v "$name") && break
done
if [ -z "${browser:-}" ]; then
  echo "skipped: no chromium, chromium-browser or google-chrome is installed"
  exit 77
fi
[ -f "$report" ] || { echo "FAILED: $report is not there"; exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
complain() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# draw FILE PAGE WIDTH: the page as the browser has drawn it; the console must stay empty.
draw() {
  timeout 120 "$browser" --headless=new --no-sandbox --disable-gpu --user-data-dir="$scratch/profile" --window-size="$3,800" \
    --enable-logging=stderr --virtual-time-budget=10000 --dump-dom "file://$1" >"$2" 2>"$scratch/log" ||
    complain "the browser ended with status $?"
  grep -q 'CONSOLE' "$scratch/log" && complain "the console is not empty: $(grep -m3 'CONSOLE' "$scratch/log")"
  grep -q 'data-ready="yes"' "$2" || complain "a section could not be drawn"
  grep -q 'data-hacked=' "$2" && complain "markup inside a text was run"
  return 0
}

# What a reader sees is the page without the embedded data and the script.
draw "$(realpath "$report")" "$scratch/page.html" 1200
sed -e '/<script type="application\/json"/,$d' "$scratch/page.html" >"$scratch/seen.html"
for text in 'id="head"' "$@"; do
  grep -qF -- "$text" "$scratch/seen.html" || complain "\"$text\" is not on the page"
done

{ cat "$report"; echo '<script>'; cat "$(dirname "$0")/report_browser_use.js"; echo '</script>'; } >"$scratch/used.html"
for width in 1200 500; do # headless Chromium has no narrower window
  draw "$scratch/used.html" "$scratch/page.html" "$width"
  head -n 3 "$scratch/page.html" | grep -q 'data-used="yes"' || complain "the page could not be used"
  problems=$(head -n 3 "$scratch/page.html" | sed -n 's/.*data-failed="\([^"]*\)".*/\1/p')
  [ -z "$problems" ] || complain "$width pixels wide: $problems"
done

[ "$failures" -eq 0 ] || exit 1
echo "passed: $report is drawn and used without errors, with all of $# expected texts"
