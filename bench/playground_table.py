"""Tables of docs/results.md from the runs of bench/playground_gain: python3 bench/playground_table.py RUNS_DIR"""
import json
import pathlib
import sys


def load(run):
    path = run / "evaluation.json"
    return json.loads(path.read_text()) if path.exists() else None


def gold(evaluation, decoding):
    return [model["gold"][decoding]["mean"] for model in evaluation["models"]]


def judge(evaluation):
    return [model["reward_model"]["pairwise_accuracy"] for model in evaluation["models"]]


def match_of_last(evaluation):
    last = evaluation["models"][-1]["name"]
    match = next(m for m in evaluation["head_to_head"] if m["by"] == "gold" and m["a"] == last and m["b"] == "M1")
    win, lose = match["win"], match["lose"]
    return f"{100 * win:.0f}", f"{100 * lose:.0f}", f"{win / max(lose, 1e-9):.1f}x"


def two_digits(values):
    return [f"{value:.2f}" for value in values]


def row(name, evaluation):
    lists = [gold(evaluation, "sampled"), gold(evaluation, "greedy"), judge(evaluation)]
    sampled, greedy, judges = (", ".join(two_digits(values)) for values in lists)
    win, lose, ratio = match_of_last(evaluation)
    return [name, sampled, greedy, f"{win} / {lose} % ({ratio})", judges]


def print_long_run(name, evaluation):
    """A run whose models do not fit into one row of the others' table."""
    models = [model["name"] for model in evaluation["models"]]
    print(f"\n| {name} | " + " | ".join(models) + " |\n|" + "---|" * (len(models) + 1))
    for what, values in [("gold", gold(evaluation, "sampled")), ("greedy", gold(evaluation, "greedy")),
                         ("judge accuracy", judge(evaluation))]:
        print(f"| {what} | " + " | ".join(two_digits(values)) + " |")
    win, lose, ratio = match_of_last(evaluation)
    print(f"\nIts last model, {models[-1]}, against M1: wins {win} %, loses {lose} % ({ratio}).")


def gain(evaluation):
    scores = gold(evaluation, "sampled")
    return scores[3] - scores[1]


def main(root):
    runs = {path.name: load(path) for path in sorted(root.iterdir()) if path.is_dir()}
    runs = {name: evaluation for name, evaluation in runs.items() if evaluation}
    head = ["run", "gold M0, M1, ...", "greedy", "last against M1, win / lose", "judge accuracy M0, M1, ..."]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    long = {name: evaluation for name, evaluation in runs.items() if len(evaluation["models"]) > 4}
    for name, evaluation in runs.items():
        if name not in long:
            print("| " + " | ".join(row(name, evaluation)) + " |")
    for name, evaluation in long.items():
        print_long_run(name, evaluation)
    print("\n| seed | gain M1 -> M3, own judge | perfect judge | random judge | own / perfect | own / random |\n|---|---|---|---|---|---|")
    for seed in ("11", "12", "13"):
        kinds = [runs.get(f"{kind}-{seed}") for kind in ("self", "gold", "random")]
        if all(kinds):
            own, perfect, random = (gain(evaluation) for evaluation in kinds)
            against_random = f"{own / random:.1f}" if random > 0 else "random gains nothing"
            print(f"| {seed} | {own:+.3f} | {perfect:+.3f} | {random:+.3f} | {own / perfect:.2f} | {against_random} |")


main(pathlib.Path(sys.argv[1]))
