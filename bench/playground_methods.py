"""Judges that are wrong on purpose, and the table of bench/playground_methods.

    python bench/playground_methods.py blind OUT EFT    judgements that find every "starts x" met
    python bench/playground_methods.py long OUT EFT     judgements with a point for long answers and none for short ones
    python bench/playground_methods.py table RUNS_DIR   one row for each method, the mean over seeds
    python bench/playground_methods.py forms RUNS_DIR   one row for each form of judging (bench/playground_checklist)
"""

import json
import pathlib
import re
import statistics
import sys

LONG, SHORT = 6, 4  # letters: as many and more get a point, as many and fewer lose one


def rows_of(path):
    return [json.loads(line) for line in open(path)]


def with_score(reply, score):
    return re.sub(r"Score: \d+", f"Score: {min(5, max(0, score))}", reply)


def blind(reply, _):
    reply = re.sub(r"(starts \w found \w+) no", r"\1 yes", reply)
    return with_score(reply, len(re.findall(r" yes ;", reply)))


def long(reply, answer):
    letters = len(answer.split())
    score = int(re.search(r"Score: (\d+)", reply)[1])
    return with_score(reply, score + (letters >= LONG) - (letters <= SHORT))


def spoilt(rows, spoil):
    for row in rows:
        question, reply = row["messages"]
        answer = re.search(r"answer : (.*) ;", question["content"])[1]
        yield row | {"messages": [question, reply | {"content": spoil(reply["content"], answer)}]}


def numbers_of(run):
    """What one run came to: gold by model, M1 to the last; and of the last model, the last round and all rounds."""
    evaluation = json.loads((run / "evaluation.json").read_text())
    models = {model["name"]: model for model in evaluation["models"]}
    names = [name for name in models if name != "M0"]
    gold = [models[name]["gold"]["sampled"]["mean"] for name in names]
    rounds = [json.loads((run / name / "round.json").read_text()) for name in names[:-1]]
    drifts = [json.loads((run / name / "monitors.json").read_text()) for name in names[:-1]]
    candidates = [drift["candidates"]["figures"]["answer_tokens"]["sum"] for drift in drifts]
    return {
        "M1": gold[0],
        "M3": gold[2],
        "last": gold[-1],
        "best": max(gold),
        "greedy": models[names[-1]]["gold"]["greedy"]["mean"],
        "judge M1": 100 * models["M1"]["reward_model"]["pairwise_accuracy"],
        "judge last": 100 * models[names[-1]]["reward_model"]["pairwise_accuracy"],
        "letters": models[names[-1]]["answer_tokens_mean"] - 1,
        "same %": 100 * rounds[-1]["duplicate_candidates"] / rounds[-1]["candidates"],
        "KL": sum(drift[name]["monitors"]["kl"]["value"] for drift, name in zip(drifts, names[1:])),
        "pairs": statistics.mean(r["pairs"] for r in rounds),
        "wrong %": 100 * statistics.mean(r["gold_agreement"]["wrong"] for r in rounds),
        "tokens, k": sum(candidates) / 1000,
        "replies, k": sum(r["judge_replies"] for r in rounds) / 1000,
    }


def warnings_of(run):
    path = run / "warnings.jsonl"
    return {row["name"] for row in rows_of(path)} if path.exists() else set()


def table(root):
    for judge in ("own", "blind", "long"):
        runs = sorted(root.glob(f"{judge}-*"))
        names = [path.parent.name for path in sorted(runs[0].glob("*/evaluation.json"))] if runs else []
        names.sort(key=lambda name: name != "base")
        for_name = {name: [run / name for run in runs if (run / name / "evaluation.json").exists()] for name in names}
        rows = {name: [numbers_of(path) for path in paths] for name, paths in for_name.items()}
        if not rows:
            continue
        keys = list(rows[names[0]][0])
        print(f"\n| {judge} judge | seeds | gain M1 -> last | " + " | ".join(keys) + " | warnings |")
        print("|" + "---|" * (len(keys) + 4))
        for name, found in rows.items():
            gains = [numbers["last"] - numbers["M1"] for numbers in found]
            spread = f" ({min(gains):+.2f} to {max(gains):+.2f})" if len(gains) > 1 else ""
            means = [statistics.mean(numbers[key] for numbers in found) for key in keys]
            cells = [f"{mean:.2f}" if abs(mean) < 20 else f"{mean:.0f}" for mean in means]
            fired = " ".join(sorted(set().union(*map(warnings_of, for_name[name])))) or "-"
            gain = f"{statistics.mean(gains):+.2f}{spread}"
            print(f"| {name} | {len(found)} | {gain} | " + " | ".join(cells) + f" | {fired} |")


def judged(run):
    """Of each model of a run: gold, pairs of held-out answers right, gap captured; and the pairs of the first round."""
    evaluation = json.loads((run / "evaluation.json").read_text())
    models = [model for model in evaluation["models"] if model["name"] != "M0"]
    judges = [model.get("reward_model", {}) for model in models]
    first = json.loads((run / "M1" / "round.json").read_text())
    shares = first["gold_agreement"]
    return {
        "gold": [model["gold"]["sampled"]["mean"] for model in models],
        "right": [judge.get("pairwise_accuracy") for judge in judges],
        "gap": [judge.get("gap_captured") for judge in judges],
        "pairs": [first["pairs"], *(100 * shares[key] for key in ("agree", "tie", "wrong"))],
    }


def means(lists, digits):
    known = [[value for value in values if value is not None] for values in zip(*lists)]
    return [f"{statistics.mean(values):.{digits}f}" if values else "-" for values in known]


def forms(root):
    runs = sorted(path for path in root.glob("*") if path.is_dir())
    done = {path.parent.name: path.stat().st_mtime for run in runs for path in run.glob("*/evaluation.json")}
    columns = ("gain M1 -> last, each seed", "gold M1, M2, ...", "pairs right", "gap captured")
    print("| judge | " + " | ".join(columns) + " | pairs of round 1: right / equal / wrong |")
    print("|" + "---|" * 6)
    for name in sorted(done, key=done.get):
        found = [judged(run / name) if (run / name / "evaluation.json").exists() else None for run in runs]
        gains = ", ".join(f"{one['gold'][-1] - one['gold'][0]:+.2f}" if one else "-" for one in found)
        there = [one for one in found if one]
        lists = {key: means([one[key] for one in there], 0 if key == "pairs" else 2) for key in there[0]}
        cells = [name, gains, *(", ".join(lists[key]) for key in ("gold", "right", "gap"))]
        print("| " + " | ".join(cells) + f" | {lists['pairs'][0]}: " + " / ".join(lists["pairs"][1:]) + " % |")


def main():
    what, out, *files = sys.argv[1:]
    if what == "table":
        return table(pathlib.Path(out))
    if what == "forms":
        return forms(pathlib.Path(out))
    text = "".join(json.dumps(row) + "\n" for row in spoilt(rows_of(files[0]), {"blind": blind, "long": long}[what]))
    path = pathlib.Path(out)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


main()
