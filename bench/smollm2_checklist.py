"""The table of bench/smollm2_checklist: true scores of every model's answers, and of the pairs that made it.

    python bench/smollm2_checklist.py RUNS_DIR RUN...

A gain is the mean over prompts of the difference to M1's mean score; its standard error is over prompts too (paired).
M1 is that of the run, or of the run "own" where it has none of its own.
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
    runs, names = pathlib.Path(sys.argv[1]), sys.argv[2:]
    scores_of = lambda kind, run, model: by_prompt(runs / f"{kind}-{run}-{model}.gold.jsonl")
    print("| run | model | pairs: right / equal / wrong % | gold | gain on M1 (s.e.) | prompts won / lost | greedy | gain |")
    print("|---|---|---|---|---|---|---|---|")
    for name in names:
        first = scores_of("scored", name, "M1") or scores_of("scored", "own", "M1")
        first_greedy = scores_of("greedy", name, "M1") or scores_of("greedy", "own", "M1")
        for model in ("M1", "M2", "M3"):
            scores, greedy = scores_of("scored", name, model), scores_of("greedy", name, model)
            if not scores or not greedy:
                continue
            (gain, won), (greedy_gain, _) = difference(scores, first), difference(greedy, first_greedy)
            gains = ("", "", "", "") if model == "M1" else (pairs_of(runs / name, model), gain, won, greedy_gain)
            print(f"| {name} | {model} | {gains[0]} | {statistics.mean(scores.values()):.3f} | {gains[1]} | {gains[2]} | "
                  f"{statistics.mean(greedy.values()):.3f} | {gains[3]} |")


main()
