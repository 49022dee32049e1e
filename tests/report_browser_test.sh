#!/bin/sh
# Opens a report in headless Chromium and checks the page that its JavaScript has drawn.
#   tests/report_browser_test.sh RUN/report.html [TEXT that must be on the page]...
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

# draw FILE PAGE: the page as the browser has drawn it; the console must stay empty.
draw() {
  timeout 120 "$browser" --headless=new --no-sandbox --disable-gpu --user-data-dir="$scratch/profile" \
    --enable-logging=stderr --virtual-time-budget=10000 --dump-dom "file://$1" >"$2" 2>"$scratch/log" ||
    complain "the browser ended with status $?"
  grep -q 'CONSOLE' "$scratch/log" && complain "the console is not empty: $(grep -m3 'CONSOLE' "$scratch/log")"
  grep -q 'data-ready="yes"' "$2" || complain "a section could not be drawn"
  grep -q 'data-hacked=' "$2" && complain "markup inside a text was run"
  return 0
}

# What a reader sees is the page without the embedded data and the script.
draw "$(realpath "$report")" "$scratch/page.html"
sed -e '/<script type="application\/json"/,$d' "$scratch/page.html" >"$scratch/seen.html"
for text in 'id="head"' "$@"; do
  grep -qF -- "$text" "$scratch/seen.html" || complain "\"$text\" is not on the page"
done

# The same page used: every chart touched, more pairs asked for, the last round opened, a search without a hit.
cat "$report" - >"$scratch/used.html" <<'SCRIPT'
<script>
document.querySelectorAll("svg").forEach(chart => chart.dispatchEvent(new PointerEvent("pointermove", {clientX: 9, bubbles: true})));
document.querySelectorAll("summary, button").forEach(button => button.click());
document.querySelectorAll("input").forEach(field => { field.value = "no such text"; field.dispatchEvent(new Event("input")); });
</script>
SCRIPT
draw "$scratch/used.html" "$scratch/page.html"
sed -e '/<script type="application\/json"/,$d' "$scratch/page.html" >"$scratch/seen.html"
if grep -q '<input type="search"' "$scratch/seen.html"; then
  grep -q '>0 of [0-9,]* shown' "$scratch/seen.html" || complain "the search does not count its hits"
  grep -q '<article' "$scratch/seen.html" && complain "the search keeps texts without a hit"
fi

[ "$failures" -eq 0 ] || exit 1
echo "passed: $report is drawn without errors, with all of $# expected texts"
