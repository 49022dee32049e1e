"""Tables of docs/results.md from the runs of bench/playground_gain: python3 bench/playground_table.py RUNS_DIR"""
import json
import pathlib
import sys


def load(run):
    path = run / "evaluation.json"
    return json.loads(path.read_text()) if path.exists() else None


def gold(evaluation, decoding):
    return [model["gold"][decoding]["mean"] for model in evaluation["models"]]


def row(name, evaluation):
    models = evaluation["models"]
    last = models[-1]["name"]
    match = next(m for m in evaluation["head_to_head"] if m["by"] == "gold" and m["a"] == last and m["b"] == "M1")
    judges = " / ".join(f'{m["reward_model"]["pairwise_accuracy"]:.2f}' for m in models)
    scores = [" / ".join(f"{x:.2f}" for x in gold(evaluation, decoding)) for decoding in ("sampled", "greedy")]
    ratio = match["win"] / max(match["lose"], 1e-9)
    return [name] + scores + [f'{100 * match["win"]:.0f} / {100 * match["lose"]:.0f} % ({ratio:.1f}x)', judges]


def gain(evaluation):
    scores = gold(evaluation, "sampled")
    return scores[3] - scores[1]


def main(root):
    runs = {path.name: load(path) for path in sorted(root.iterdir()) if path.is_dir()}
    runs = {name: evaluation for name, evaluation in runs.items() if evaluation}
    head = ["run", "gold M0 / M1 / ...", "greedy", "last against M1, win / lose", "judge accuracy M0 / M1 / ..."]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for name, evaluation in runs.items():
        print("| " + " | ".join(row(name, evaluation)) + " |")
    print("\n| seed | gain M1 -> M3, own judge | perfect judge | random judge | own / perfect | own / random |\n|---|---|---|---|---|---|")
    for seed in ("11", "12", "13"):
        kinds = [runs.get(f"{kind}-{seed}") for kind in ("self", "gold", "random")]
        if all(kinds):
            own, perfect, random = (gain(evaluation) for evaluation in kinds)
            against_random = f"{own / random:.1f}" if random > 0 else "random gains nothing"
            print(f"| {seed} | {own:+.3f} | {perfect:+.3f} | {random:+.3f} | {own / perfect:.2f} | {against_random} |")


main(pathlib.Path(sys.argv[1]))
