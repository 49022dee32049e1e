"""Compares our tokenizer with the `tokenizers` package on strings made at random, family by family.

    python tests/tokenizers/compare.py BUILD [--count 10000] [--seed 1] [--out DIR] [NAME ...]

BUILD is a build directory with the target tokenizer_compare. The tokenizers are those of families.py (in DIR, kept
there). Per string: ids, ids with no special token recognised, and both decodings. Prints a table.
"""
import argparse
import json
import pathlib
import subprocess

import families
import strings
import tokenizers


def write_rows(folder, path, count, seed):
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    added = sorted(token.content for token in tokenizer.get_added_tokens_decoder().values())
    tokens, expected = 0, strings.expected(tokenizer)
    with path.open("w", encoding="utf-8") as out:
        for raw in strings.rows(count, seed, added):
            described = {"hex": raw.hex()} | expected(raw)
            tokens += len(described["ids"])
            out.write(json.dumps(described, ensure_ascii=False) + "\n")
    return tokens, len(added)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("/tmp/tokenizer_families"))
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    print(f"tokenizers {tokenizers.__version__}, {options.count} strings a family, seed {options.seed}")
    print("| family | vocabulary | added tokens | tokens | strings that differ |\n|---|---|---|---|---|")
    for name in families.write(options.out, options.names):
        folder = options.out / name
        tokens, added = write_rows(folder, folder / "rows.jsonl", options.count, options.seed)
        done = subprocess.run([options.build / "tests/tokenizer_compare", folder, folder / "rows.jsonl"],
                              capture_output=True, text=True)
        (folder / "differences.txt").write_text(done.stdout + done.stderr)
        size = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size()
        last = (done.stdout + done.stderr).strip().splitlines()[-1]
        print(f"| {name} | {size} | {added} | {tokens} | {last} |", flush=True)


if __name__ == "__main__":
    main()
