"""The table of bench/smollm2_checklist: true scores of every model's answers, and of the pairs that made it.

    python bench/smollm2_checklist.py RUNS_DIR

A gain is the mean over prompts of the difference to M1's mean score; its standard error is over prompts too (paired).
"""

import collections
import json
import pathlib
import statistics
import sys


def rows_of(path):
    return [json.loads(line) for line in path.open()] if path.exists() else []


def by_prompt(path):
    scores = collections.defaultdict(list)
    for row in rows_of(path):
        scores[row["prompt_id"]].append(row["score"])
    return {prompt: statistics.mean(values) for prompt, values in scores.items()}


def difference(ours, theirs):
    deltas = [ours[prompt] - theirs[prompt] for prompt in theirs]
    error = statistics.stdev(deltas) / len(deltas) ** 0.5
    won = sum(delta > 0 for delta in deltas) / len(deltas)
    lost = sum(delta < 0 for delta in deltas) / len(deltas)
    return f"{statistics.mean(deltas):+.3f} ({error:.3f})", f"{100 * won:.0f} / {100 * lost:.0f} %"


def pairs_of(run, model):
    """How the pairs that made a model compare with the truth, as the round's summary has it."""
    summary = run / f"M{int(model[1:]) - 1}" / "round.json"
    if not summary.exists():
        return "-"
    round_ = json.loads(summary.read_text())
    shares = round_["gold_agreement"]
    return f"{round_['pairs']}: " + " / ".join(f"{100 * shares[key]:.0f}" for key in ("agree", "tie", "wrong"))


def main():
    runs = pathlib.Path(sys.argv[1])
    first, first_greedy = by_prompt(runs / "scored-own-M1.gold.jsonl"), by_prompt(runs / "greedy-own-M1.gold.jsonl")
    print("| judge | model | pairs: right / equal / wrong % | gold | gain on M1 (s.e.) | prompts won / lost | greedy | gain |")
    print("|---|---|---|---|---|---|---|---|")
    print(f"| | M1 | | {statistics.mean(first.values()):.3f} | | | {statistics.mean(first_greedy.values()):.3f} | |")
    for judge in ("own", "gold", "random", "longest"):
        for model in ("M2", "M3"):
            scores = by_prompt(runs / f"scored-{judge}-{model}.gold.jsonl")
            greedy = by_prompt(runs / f"greedy-{judge}-{model}.gold.jsonl")
            if not scores or not greedy:
                continue
            gain, won = difference(scores, first)
            greedy_gain, _ = difference(greedy, first_greedy)
            print(f"| {judge} | {model} | {pairs_of(runs / judge, model)} | {statistics.mean(scores.values()):.3f} | {gain} | {won} | "
                  f"{statistics.mean(greedy.values()):.3f} | {greedy_gain} |")


main()
