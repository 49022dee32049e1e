"""Forms of the same verdicts for bench/judge_learning_curves, and its table.

    python bench/judge_learning_curves.py bare OUT VERDICTS           the verdicts without their evidence
    python bench/judge_learning_curves.py whole OUT VERDICTS RUBRIC [N]   all verdicts on an answer as one judgement with a
                                                                      score; answers with N verdicts together
    python bench/judge_learning_curves.py first OUT RUBRIC            the rubric with the requirement before the answer
    python bench/judge_learning_curves.py prompts OUT RANKED          the prompts of ranked answers
    python bench/judge_learning_curves.py candidates OUT RANKED       the ranked answers as candidates
    python bench/judge_learning_curves.py table RUNS_DIR...           a row for each judge, means over the runs
"""

import itertools
import json
import math
import pathlib
import random
import re
import sys

MAX_SCORE = 5


def rows_of(path):
    return [json.loads(line) for line in open(path)]


def bare(rows):
    return [row | {"evidence": ""} for row in rows]


def prompts(rows):
    return [{key: row[key] for key in ("id", "prompt", "requirements")} for row in rows]


def candidates(rows):
    return [
        {"prompt_id": row["id"], "index": i, "text": text, "finish_reason": "stop", "token_ids": []}
        for row in rows
        for i, text in enumerate(row["answers"])
    ]


def template_of(rubric):
    """The block text `template: |-` of a rubric file."""
    block = re.search(r"^template: \|-\n((?:  .*\n|\n)+)", open(rubric).read(), re.M)[1]
    return "\n".join(line[2:] for line in block.rstrip("\n").split("\n"))


def whole(rows, rubric, most=None):
    template, taken = template_of(rubric), 0
    answers = [(name, list(group)) for name, group in itertools.groupby(rows, lambda row: row["id"].rsplit("/", 1)[0])]
    if most:
        random.Random(0).shuffle(answers)
    for name, verdicts in answers:
        taken += len(verdicts)
        if most and taken > int(most):
            return
        first = verdicts[0]
        question = template.replace("{instruction}", first["prompt"]).replace("{response}", first["answer"])
        lines = [f"- {row['evidence']}, {'yes' if row['met'] else 'no'}" for row in verdicts]
        share = sum(row["met"] for row in verdicts) / len(verdicts)
        reply = "\n".join([*lines, f"Score: {math.floor(MAX_SCORE * share + 0.5)}"])
        messages = [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]
        yield {"id": name, "messages": messages, "source": "eft"}


def requirement_first(rubric):
    text = open(rubric).read()
    turned = re.sub(r"(  Answer: .*\n)(\n)(  Requirement: .*\n)", r"\3\2\1", text)
    assert turned != text, f"{rubric}: no answer before the requirement"
    return turned


def percent(value):
    return "-" if value is None else f"{100 * value:.1f}"


def figures_of(report):
    """The figures of an M1 by how its scores are read; none where it was not judged."""
    judges = json.loads(report.read_text())["judges"] if report.exists() else []
    return {judge["scores"]: judge for judge in judges if judge["model"] == "M1"}


def mean(values):
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def share_of(judge, key):
    verdicts = judge.get("verdicts", {}).get("all")
    return verdicts[key] / verdicts["n"] if verdicts else None


def cells_of(judges):
    """Of the judges of several seeds under one reading."""
    metric = lambda judge, key: judge["metrics"].get(key) if judge else None
    gaps = [metric(judge, "gap_captured") for judge in judges]
    there = [judge for judge in judges if judge]
    pairs = [metric(judge, "pairwise_acc") for judge in there]
    right, exact = ([share_of(judge, key) for judge in there] for key in ("right", "exact"))
    return [", ".join(map(percent, gaps)), *(percent(mean(values)) for values in (gaps, pairs, right, exact))]


def table(runs):
    print("| M1 of | read | gap captured %, each seed | mean | pairs right % | verdicts right % | evidence exact % |")
    print("|---|---|---|---|---|---|---|")
    reports = [path for run in runs for path in run.glob("curves/*.reward/reward.json")]
    names = {path.parent.name.removesuffix(".reward"): path for path in reports}
    by_age = sorted(names, key=lambda name: names[name].stat().st_mtime)
    for name in ["base", *by_age]:
        place = "reward" if name == "base" else f"curves/{name}.reward"
        judged = [figures_of(run / place / "reward.json") for run in runs]
        for read in sorted({read for one in judged for read in one}):
            cells = cells_of([one.get(read) for one in judged])
            print("| " + " | ".join([name, read, *cells]) + " |")


def as_jsonl(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def main():
    what, out, *files = sys.argv[1:]
    if what == "table":
        return table([pathlib.Path(run) for run in (out, *files)])
    if what == "first":
        text = requirement_first(files[0])
    else:
        make = {"bare": bare, "whole": whole, "prompts": prompts, "candidates": candidates}[what]
        text = as_jsonl(make(rows_of(files[0]), *files[1:]))
    path = pathlib.Path(out)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


main()
