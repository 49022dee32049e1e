#!/usr/bin/env bash
# The package as a user has it: unpacked in a directory of its own, run in another one, with no compiler in PATH.
#   tests/package_test.sh BUILD_DIR
set -euo pipefail

fail() {
  echo "package_test: error: $*" >&2
  exit 1
}

build=$(realpath "$1")
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
(cd "$room" && cpack --config "$build/CPackConfig.cmake" >cpack.log 2>&1) || fail "cpack: $(tail -5 "$room/cpack.log")"
package=$(ls "$room"/selfreward-*.tar.gz) || fail "cpack made no selfreward-*.tar.gz"
echo "package: $(basename "$package"), $(($(stat -c %s "$package") >> 20)) MiB"
mkdir "$room/unpacked" "$room/work" "$room/path"
tar -xzf "$package" -C "$room/unpacked"
program=$(ls "$room"/unpacked/*/bin/selfreward)
for tool in env cat ls; do ln -s "$(command -v $tool)" "$room/path/"; done

# selfreward ARGUMENT...: in a directory where nothing of the program lies, without the builder's environment
selfreward() { (cd "$room/work" && env -i PATH="$room/path" HOME="$room/work" OMP_NUM_THREADS=1 "$program" "$@"); }

if ldd "$program" | grep -E 'not found|/\.cache/'; then fail "a library is missing, or comes from the builder's cache"; fi
selfreward --version | grep -q "LibTorch" || fail "--version does not say LibTorch's version"
selfreward run playground.yaml --set run_dir=demo --set model.device=cpu --set last_model=2 --set sft.max_steps=20 \
  --set eft.baseline_max_steps=20 --set eft.max_prompts=200 --set prompts.num_prompts=24 \
  --set dpo.train.max_steps=4 --set evaluate.max_prompts=20 --set evaluate.greedy=false >"$room/run.log" 2>&1 ||
  fail "the demo: $(tail -5 "$room/run.log")"
licences=$(dirname "$program")/../share/selfreward/licences
for library in torch-2 pyarrow- libjemalloc libcurl; do
  compgen -G "$licences/$library*" >/dev/null || fail "the package carries no licence of $library"
done
for config in "$(dirname "$program")"/../share/selfreward/configs/*.yaml; do
  grep -oE '(playground|verifiable|rubrics)/[A-Za-z0-9_./]+\.(jsonl|yaml)' "$config" | sort -u | while read -r file; do
    [ -e "$(dirname "$program")/../share/selfreward/$file" ] || fail "$(basename "$config") names $file, which is not there"
  done
done
[ -s "$room/work/demo/report.html" ] || fail "the demo wrote no report"
[ -s "$room/work/demo/M2/model.safetensors" ] || fail "the demo wrote no M2"
selfreward inspect --model demo/M2 --user hello >/dev/null || fail "inspect of the demo's M2"
echo "package_test: the demo ran out of the unpacked package"
