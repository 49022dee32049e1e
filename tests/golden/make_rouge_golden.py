"""Golden ROUGE-L F-measures of the rouge_score package, without stemmer, as Self-Instruct calls it.

pip install rouge-score; python tests/golden/make_rouge_golden.py
"""

import random

from golden import FIXTURES, made_by, write_fixture
from rouge_score import rouge_scorer

WRITTEN = [
    ("Write a short poem about the sea.", "Write a short poem about the sea."),
    ("Write a short poem about the sea.", "WRITE A SHORT POEM, about the sea!"),
    ("Write a short poem about the sea.", "Write a long poem about a mountain lake."),
    ("the the the cat", "the cat the the the the"),
    ("one two three four five six seven", "seven six five four three two one"),
    ("completely different", "nothing shared here"),
    ("don't stop 3.5 times", "don t stop 3 5 times"),
    ("naïve café résumé", "naive cafe resume"),
    ("a_b under_score x-y", "a b under score x y"),
    ("សួស្តី", "សួស្តី"),
    ("", "some words"),
    ("a b c d e f g h i j", "a b c d e f g k l m"),  # exactly 0.7
    ("first " + "filler " * 130 + "last", "last first"),  # a carry through a 64-bit block without a hit
]
VOCABULARY = "a the of to in and is list give name write explain why how cat dog tree river 1 2 42".split()


def random_text(rng, length):
    return " ".join(rng.choice(VOCABULARY) for _ in range(length))


def random_pairs():
    """Lengths on both sides of the 64-bit blocks of the bit-parallel computation."""
    rng = random.Random(7)
    lengths = [(1, 1), (3, 9), (20, 17), (63, 64), (64, 64), (64, 65), (65, 63), (128, 100), (129, 40), (200, 190)]
    return [(random_text(rng, a), random_text(rng, b)) for a, b in lengths for _ in range(3)]


def main():
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    rows = [{"a": a, "b": b, "f": scorer.score(b, a)["rougeL"].fmeasure} for a, b in WRITTEN + random_pairs()]
    write_fixture(FIXTURES / "rouge_golden.json", {"made_by": made_by(__file__, "rouge-score"), "rows": rows})


if __name__ == "__main__":
    main()
