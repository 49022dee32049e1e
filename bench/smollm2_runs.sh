# Sourced by the benchmarks on SmolLM2-135M: the program, the checkpoint, and what they do alike. They set `seed`, and
# `made`, the directory of what they make and of its logs.
program=$(realpath "${SELFREWARD:-build/release/src/app/selfreward}")
weights=${SELFREWARD_CACHE:-$HOME/.cache/selfreward}/smollm2
m0=$weights/hf
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

# quietly LOG COMMAND...
quietly() {
  local log=$made/$1.log
  "${@:2}" >"$log" 2>&1 || { echo "$(basename "$0"): $1 failed: $(tail -n 1 "$log")" >&2 && exit 1; }
}

# begin RUN FIRST: RUN goes on from the M1 of the run FIRST, unless it is there.
begin() {
  [ ! -e "$1" ] || return 0
  rm -rf "$1.begun"
  mkdir -p "$1.begun/training"
  cp -r "$2/seed" "$2/M1" "$1.begun/"
  cp -r "$2"/training/M1* "$1.begun/training/"
  rm -f "$1.begun"/M1/{judgements*,preferences*,round.json,monitors.json}
  mv "$1.begun" "$1"
}

# generated NAME MODEL_DIR PROMPTS OPTION...: the model's answers, as those of the verifiable world are sampled.
generated() {
  quietly "$1" "$program" generate --model "$2" --prompts "$3" --out "$made/$1.jsonl" \
    --config configs/smollm2-verifiable.yaml --set "seed=$seed" "${@:4}"
}

# scored NAME MODEL_DIR PROMPTS GOLD: what four answers of the model to each prompt are truly worth, and a greedy one.
scored() {
  generated "scored-$1" "$2" "$3"
  generated "greedy-$1" "$2" "$3" --set candidates.num_generations=1 --set candidates.sampling.temperature=0
  for kind in scored greedy; do
    quietly "$kind-$1.gold" "$program" judge --prompts "$3" --candidates "$made/$kind-$1.jsonl" \
      --out "$made/$kind-$1.gold.jsonl" --rubric verifiable/checklist.yaml --set judge.kind=gold --set "data.gold=$4"
  done
}
