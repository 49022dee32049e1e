"""Forms of the same verdicts for bench/judge_learning_curves, and its table.

    python bench/judge_learning_curves.py bare OUT VERDICTS           the verdicts without their evidence
    python bench/judge_learning_curves.py whole OUT VERDICTS RUBRIC   all verdicts on an answer as one judgement with a score
    python bench/judge_learning_curves.py prompts OUT RANKED          the prompts of ranked answers
    python bench/judge_learning_curves.py candidates OUT RANKED       the ranked answers as candidates
    python bench/judge_learning_curves.py table REWARD CURVES_DIR     a row for each judge, that of REWARD's M1 too
"""

import itertools
import json
import math
import pathlib
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


def whole(rows, rubric):
    template = template_of(rubric)
    for name, group in itertools.groupby(rows, lambda row: row["id"].rsplit("/", 1)[0]):
        verdicts = list(group)
        first = verdicts[0]
        question = template.replace("{instruction}", first["prompt"]).replace("{response}", first["answer"])
        lines = [f"- {row['evidence']}, {'yes' if row['met'] else 'no'}" for row in verdicts]
        share = sum(row["met"] for row in verdicts) / len(verdicts)
        reply = "\n".join([*lines, f"Score: {math.floor(MAX_SCORE * share + 0.5)}"])
        messages = [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]
        yield {"id": name, "messages": messages, "source": "eft"}


def percent(value):
    return "-" if value is None else f"{100 * value:.1f}"


def cells_of(judge):
    pairs, decided, gap = (judge["metrics"].get(key) for key in ("pairwise_acc", "pairwise_acc_decided", "gap_captured"))
    low, high = (f"{100 * bound:.0f}" for bound in judge["interval"]["gap_captured"])
    verdicts = judge.get("verdicts", {}).get("all")
    right = verdicts["right"] / verdicts["n"] if verdicts else None
    exact = verdicts["exact"] / verdicts["n"] if verdicts else None
    return [judge["scores"], percent(pairs), percent(decided), f"{percent(gap)} [{low}, {high}]", percent(right), percent(exact)]


def table(own, curves):
    print("| M1 of | read | pairs right % | of those it tells apart | gap captured % | verdicts right % | evidence exact % |")
    print("|---|---|---|---|---|---|---|")
    learnt = sorted(curves.glob("*.reward/reward.json"), key=lambda path: path.stat().st_mtime)
    for report in [own / "reward.json", *learnt]:
        name = "own M1" if report.parent == own else report.parent.name.removesuffix(".reward")
        for judge in json.loads(report.read_text())["judges"]:
            if judge["model"] == "M1":
                print("| " + " | ".join([name, *cells_of(judge)]) + " |")


def main():
    what, out, *files = sys.argv[1:]
    if what == "table":
        return table(pathlib.Path(out), pathlib.Path(files[0]))
    make = {"bare": bare, "whole": whole, "prompts": prompts, "candidates": candidates}[what]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in make(rows_of(files[0]), *files[1:]))
    path = pathlib.Path(out)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


main()
