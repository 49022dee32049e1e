"""Makes tests/fixtures/data: small Parquet files, their rows as pyarrow reads them, and TRL's reading of preference rows.

Needs no network. Run from anywhere: python tests/golden/make_data_golden.py
"""

import json

import pyarrow as pa
import pyarrow.parquet as pq
from trl.data_utils import maybe_extract_prompt

from golden import FIXTURES, made_by, write_fixture

DATA = FIXTURES / "data"
PACKAGES = ("pyarrow", "trl")
MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def system(text):
    return {"role": "system", "content": text}


def messages_table():
    """list<struct>, as `datasets` writes conversations; a null column and a null system text beside them."""
    rows = [[user(f"What is {i} + {i}?"), assistant(f"{2 * i}")] for i in range(5)]
    rows += [[system("Be brief."), user("Grüße 日本 🙂"), assistant("Hallo\n\ttab \"quoted\"")]]
    rows += [[user("multi"), assistant("a"), user("turn"), assistant("b")]]
    return pa.table(
        {
            "messages": pa.array(rows, pa.list_(MESSAGE)),
            "tools": pa.array([None] * len(rows), pa.string()),
            "source": pa.array(["made", None] * 3 + ["made"]),
        }
    )


def pairs_table():
    """UltraFeedback-binarized: prompt text, whole conversations, scores; large strings and large lists."""
    prompts = ["Name a river.", "Say hello.", "Count to two."]
    chosen = [[user(p), assistant(a)] for p, a in zip(prompts, ["The Loire.", "Hello!", "1, 2"])]
    rejected = [[user(p), assistant(a)] for p, a in zip(prompts, ["No.", "no", "1, 2"])]
    return pa.table(
        {
            "prompt": pa.array(prompts, pa.large_string()),
            "prompt_id": pa.array(["a", "b", "c"]),
            "chosen": pa.array(chosen, pa.large_list(MESSAGE)),
            "rejected": pa.array(rejected, pa.large_list(MESSAGE)),
            "score_chosen": pa.array([8.5, 9.0, 5.0], pa.float64()),
            "score_rejected": pa.array([4.0, None, 5.0], pa.float64()),
        }
    )


def types_table():
    """Every type of column that occurs in data sets, with nulls."""
    return pa.table(
        {
            "id": pa.array([1, None, 3], pa.int64()),
            "small": pa.array([1, -2, None], pa.int8()),
            "unsigned": pa.array([2**64 - 1, 0, None], pa.uint64()),
            "flag": pa.array([True, None, False]),
            "single": pa.array([0.5, None, -2.25], pa.float32()),
            "coded": pa.array(["x", "y", "x"]).dictionary_encode(),
            "coded_null": pa.array(["x", None, "x"]).dictionary_encode(),
            "large": pa.array(["a", None, "ü"], pa.large_string()),
            "texts": pa.array([["a", None], [], None], pa.list_(pa.string())),
            "pairs": pa.array([[["a", "b"], ["c", "d"]], [], None], pa.list_(pa.list_(pa.string()))),
            "nested": pa.array([{"a": {"b": 1}, "c": None}, None, {"a": None, "c": "z"}]),
            "fixed": pa.array([[1, 2], [3, 4], None], pa.list_(pa.int32(), 2)),
            "nothing": pa.nulls(3),
        }
    )


def open_assistant_table():
    """One message per row, a reply before its prompt; ranks are floats with nulls."""

    def message(identity, parent, role, text, rank=None, lang="en", synthetic=False):
        return {
            "message_id": identity,
            "parent_id": parent,
            "text": text,
            "role": role,
            "lang": lang,
            "review_result": True,
            "deleted": False,
            "rank": rank,
            "synthetic": synthetic,
            "message_tree_id": identity[0],
            "tree_state": "ready_for_export",
        }

    rows = [
        message("a1", "a", "assistant", "Good answer.", 0.0),
        message("a", None, "prompter", "First question?"),
        message("a2", "a", "assistant", "Bad answer.", 1.0),
        message("a3", "a1", "prompter", "A later turn."),
        message("a4", "a3", "assistant", "And its answer.", 0.0),
        message("b", None, "prompter", "Zweite Frage?", lang="de"),
        message("b1", "b", "assistant", "Antwort.", 0.0, lang="de"),
        message("c", None, "prompter", "Third question?"),
        message("c1", "c", "assistant", "No rank."),
    ]
    return pa.Table.from_pylist(rows)


TABLES = {
    "messages": (messages_table, {"compression": "snappy", "row_group_size": 3}),
    "pairs": (pairs_table, {"compression": "zstd"}),
    "types": (types_table, {"compression": "gzip", "row_group_size": 2}),
    "open_assistant": (open_assistant_table, {"compression": "none", "use_dictionary": False}),
}

PREFERENCE_ROWS = [
    {"prompt": [user("q")], "chosen": [assistant("a")], "rejected": [assistant("b")]},
    {"chosen": [user("q"), assistant("a")], "rejected": [user("q"), assistant("b")]},
    {"prompt": "q", "chosen": [user("q"), assistant("a")], "rejected": [user("q"), assistant("b")]},
    {
        "chosen": [system("s"), user("q"), assistant("x"), user("r"), assistant("a")],
        "rejected": [system("s"), user("q"), assistant("x"), user("r"), assistant("b")],
    },
    {"chosen": [user("q"), assistant("a")], "rejected": [user("q"), assistant("b"), user("r"), assistant("c")]},
    {"chosen": "The sky is blue.", "rejected": "The sky is green."},
    {"chosen": "The sky is", "rejected": "The sky is green."},
    {"chosen": "Größe: ü", "rejected": "Größe: ö"},
    {"chosen": "2 + 2 = 4", "rejected": "2 + 2 =5"},
]


def made_table(name):
    make, options = TABLES[name]
    table = make()
    pq.write_table(table, DATA / f"{name}.parquet", **options)
    return pq.read_table(DATA / f"{name}.parquet").to_pylist()


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    rows = {name: made_table(name) for name in TABLES}
    # A row as text on one line: large whole numbers stay exact and rows are compared as JSON.
    tables = {name: [json.dumps(row, ensure_ascii=False) for row in table] for name, table in rows.items()}
    preferences = [{"row": row, "split": maybe_extract_prompt(row)} for row in PREFERENCE_ROWS]
    write_fixture(
        DATA / "golden.json",
        {"made_by": made_by(__file__, *PACKAGES), "tables": tables, "preferences": preferences},
    )
    pq.write_table(pa.table({"text": pa.array([b"ok", b"\xff\xfe"]).cast(pa.string(), safe=False)}), DATA / "not_utf8.parquet")


if __name__ == "__main__":
    main()
