"""Speed of our tokenizer beside the `tokenizers` package, one thread each.

    python bench/tokenizer_speed.py BUILD TEXTS.jsonl FOLDER [NAME ...]

BUILD has bench/selfreward-tokenizer-bench; TEXTS has one JSON object a line, of which every string is a text;
FOLDER/NAME/tokenizer.json are the tokenizers (tests/tokenizers/families.py). Prints MB/s (10^6 bytes) of processor time:
of the first pass, when nothing is cached, and of the best of the passes of three seconds. The package encodes without offsets
(encode_batch_fast), its fastest way. Both must give equally many tokens.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
sys.path = [place for place in sys.path if pathlib.Path(place or ".").resolve() != pathlib.Path(__file__).parent]
from tokenizers import Tokenizer, __version__  # noqa: E402

SECONDS = 3


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings_in(inner)


def package(path, texts):
    tokenizer = Tokenizer.from_file(str(path))
    passes, start = [], time.process_time()
    while time.process_time() - start < SECONDS:
        begin = time.process_time()
        tokens = sum(len(done.ids) for done in tokenizer.encode_batch_fast(texts, add_special_tokens=False))
        passes.append(time.process_time() - begin)
    return tokens, passes[0], min(passes)


def main():
    build, data, folder = map(pathlib.Path, sys.argv[1:4])
    lines = data.read_text(encoding="utf-8").splitlines()
    texts = [text for line in lines for text in strings_in(json.loads(line)) if len(text) > 40]
    size = sum(len(text.encode()) for text in texts)
    (folder / "bench.jsonl").write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    print(f"{len(texts)} texts, {size} bytes; tokenizers {__version__}; MB/s on one thread")
    print("| tokenizer | ours, first pass | ours, best | tokenizers, first | tokenizers, best | ratio of the best |\n|---|---|---|---|---|---|")
    for name in sys.argv[4:]:
        run = [build / "bench/selfreward-tokenizer-bench", folder / name, folder / "bench.jsonl", str(SECONDS)]
        ours = json.loads(subprocess.run(run, capture_output=True, text=True, check=True).stdout)
        tokens, first, best = package(folder / name / "tokenizer.json", texts)
        assert tokens == ours["tokens"], (name, tokens, ours)
        speeds = [size / seconds / 1e6 for seconds in (ours["first_seconds"], ours["best_seconds"], first, best)]
        print(f"| {name} | " + " | ".join(f"{speed:.1f}" for speed in speeds) + f" | {speeds[1] / speeds[3]:.1f} |", flush=True)


if __name__ == "__main__":
    main()
