"""Golden Spearman and Kendall tau-b correlations of scipy, with and without ties.

pip install scipy; python tests/golden/make_correlation_golden.py
"""

import random

from golden import FIXTURES, made_by, write_fixture
from scipy.stats import kendalltau, spearmanr

WRITTEN = [  # scores (high is good), human ranks (0 is best)
    ([5, 4, 3, 1], [0, 1, 2, 3]),
    ([1, 3, 4, 5], [0, 1, 2, 3]),
    ([4, 4, 3, 1], [0, 1, 2, 3]),
    ([4, 4, 4, 1], [0, 1, 2, 3]),
    ([3, 5], [1, 0]),
    ([4, 4.5, 3 + 1 / 3], [1, 0, 1]),
    ([2, 2, 4, 4, 5], [3, 2, 2, 1, 0]),
]


def random_rows():
    rng = random.Random(3)
    rows = []
    for length in (3, 4, 5, 7, 9, 12):
        for _ in range(3):
            scores = [rng.choice([0, 1, 2, 3, 3.5, 4, 5]) for _ in range(length)]
            ranks = [rng.randrange(length) for _ in range(length)]
            if len(set(scores)) > 1 and len(set(ranks)) > 1:
                rows.append((scores, ranks))
    return rows


def main():
    rows = []
    for scores, ranks in WRITTEN + random_rows():
        goodness = [-rank for rank in ranks]
        rows.append({"scores": scores, "ranks": ranks,
                     "spearman": float(spearmanr(scores, goodness).statistic),
                     "kendall": float(kendalltau(scores, goodness, variant="b").statistic)})
    write_fixture(FIXTURES / "correlation_golden.json", {"made_by": made_by(__file__, "scipy"), "rows": rows})


if __name__ == "__main__":
    main()
