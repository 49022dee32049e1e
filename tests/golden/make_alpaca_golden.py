"""Golden win rates of alpaca_eval, length-controlled ones too, on annotations that are made here.

pip install alpaca_eval scikit-learn pandas patsy datasets huggingface_hub openai tiktoken
python tests/golden/make_alpaca_golden.py                     writes tests/fixtures/alpaca_golden.json and alpaca_gamed.csv
python tests/golden/make_alpaca_golden.py ANNOTATIONS.json    prints what alpaca_eval computes of a file

alpaca_eval takes the difficulties from a file that it downloads; here it is given one of ours in its place.
"""

import json
import random
import sys

import alpaca_eval.metrics.glm_winrate as glm
import pandas as pd
from golden import FIXTURES, made_by, write_fixture

ROWS = 40
GAMED = FIXTURES / "alpaca_gamed.csv"
WORDS = "sun rain tree stone river cloud light grass wind seed".split()


def make_gamed(rng):
    rows = []
    for model, length in (("verbose", 1.2), ("concise", -0.9)):
        for index in range(ROWS):
            rows.append(
                {
                    "model": model,
                    "preference": round(rng.uniform(0.2, 0.9), 4),
                    "index": index,
                    "std_delta_len": round(rng.gauss(-length, 0.4), 4),
                    "instruction_difficulty": None,
                    "not_gamed_baseline": False,
                }
            )
    difficulty = [round(rng.gauss(0, 1), 4) for _ in range(ROWS)]
    for row in rows:
        row["instruction_difficulty"] = difficulty[row["index"]]
    return pd.DataFrame(rows)


def text(rng, words):
    return " ".join(rng.choice(WORDS) for _ in range(words)) + rng.choice(["", " é", " 雨", "."])


def make_annotations(rng, weighted, skill, wordiness):
    rows = []
    for index in range(ROWS):
        first, second = text(rng, rng.randint(3, 12)), text(rng, max(1, rng.randint(3, 12) + wordiness))
        chance = skill + 0.02 * (len(second) - len(first)) / 5
        preference = min(2.0, max(1.0, 1 + chance + rng.gauss(0, 0.25)))
        preference = round(preference, 4) if weighted else rng.choice([preference >= 1.5, preference >= 1.6]) + 1
        if index % 13 == 5:
            preference = 1.5
        if index % 17 == 3:
            preference = None
        rows.append({"output_1": first, "output_2": second, "preference": preference})
    return rows


def official(rows, name, exact=False):
    """alpaca_eval's own figures; `exact`: with its solver not stopped at a tolerance of 1e-4."""
    frame = pd.DataFrame(rows)
    frame["generator_1"], frame["generator_2"], frame["annotator"] = "base", "model", "judge"
    info = dict(glm.GLM_INFO[name])
    if exact:
        info["kwargs"] = info["kwargs"] | {"tol": 1e-12, "max_iter": 1_000_000}
    metrics = glm.get_length_controlled_winrate(
        frame, glm_name=name, glm_info=info, save_weights_dir=None, is_add_glm_preference_inplace=False
    )
    return {key: float(value) for key, value in metrics.items()}


def main():
    rng = random.Random(5)
    glm.hf_hub_download = lambda **_: str(GAMED)
    if len(sys.argv) > 1:
        print(json.dumps(official(json.load(open(sys.argv[1])), "length_controlled_minimal"), indent=1))
        return
    make_gamed(rng).to_csv(GAMED, index=False)
    cases = []
    for weighted, skill, wordiness in ((True, 0.5, 0), (True, 0.6, 5), (False, 0.55, -2), (True, 0.1, 3)):
        rows = make_annotations(rng, weighted, skill, wordiness)
        names = ("length_controlled_v1", "length_controlled_minimal")
        cases.append(
            {
                "rows": rows,
                "results": {name: official(rows, name) for name in names},
                "exact": {name: official(rows, name, exact=True) for name in names},
            }
        )
    origin = made_by(__file__, "alpaca_eval", "scikit-learn", "numpy", "pandas")
    write_fixture(FIXTURES / "alpaca_golden.json", {"made_by": origin, "cases": cases})


if __name__ == "__main__":
    main()
