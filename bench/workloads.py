"""Writes the workload files that every tool reads: workloads.py TOKENIZER.json OUT_DIR SCALE

Token ids are drawn with fixed seeds from the vocabulary's ' word' tokens, whose text encodes to the same ids
again (checked here), so that a tool that takes text works on the same tokens. SCALE cuts prompts and steps.
"""
import json
import pathlib
import random
import sys

import tokenizers

JUDGE = {"samples": 3, "new": 64, "shared_prefix": 256, "prompts_per_prefix": 4}


def words(tokenizer):
    def is_word(text):
        word = text[1:]
        return text[0] == "\u0120" and len(word) > 2 and word.isascii() and word.isalpha() and word.islower()

    return sorted(i for text, i in tokenizer.get_vocab().items() if is_word(text))


def candidates(rng, draw, prompts, samples=1, new=1):
    return {"prompts": [draw(96) for _ in range(prompts)], "samples": 4 * samples, "new": 96 * new}


def judge(rng, draw, instructions):
    prefixes = [draw(JUDGE["shared_prefix"]) for _ in range(instructions)]
    prompts = [prefix + draw(128) for prefix in prefixes for _ in range(JUDGE["prompts_per_prefix"])]
    return {"prompts": prompts, **JUDGE}


def sft(rng, draw, steps):
    def row():
        ids = draw(rng.randint(128, 512))
        cut = int(len(ids) * rng.uniform(0.25, 0.5))
        return {"prompt": ids[:cut], "completion": ids[cut:]}

    return {"batch": 4, "warmup_steps": 2 if steps > 3 else 1, "rows": [row() for _ in range(4 * steps)]}


def dpo(rng, draw, steps, warmup_steps=1):
    def row():
        chosen, rejected = rng.randint(64, 192), rng.randint(64, 192)
        return {"prompt": draw(128), "chosen": draw(chosen), "rejected": draw(rejected)}

    return {"batch": 4, "warmup_steps": warmup_steps, "rows": [row() for _ in range(4 * steps)]}


def iteration(rng, draw, prompts):
    return {"candidates": candidates(rng, draw, prompts), "judge": judge(rng, draw, prompts),
            "dpo": dpo(rng, draw, prompts // 2, warmup_steps=0)}  # two pairs a prompt


def prompts_4x(rng, draw, prompts):
    return candidates(rng, draw, 4 * prompts)


def length_4x(rng, draw, prompts):
    return candidates(rng, draw, prompts, new=4)


def samples_8x(rng, draw, prompts):
    return candidates(rng, draw, prompts, samples=8)


# prompts, instructions or steps, and the least that a scale leaves
SIZES = [(candidates, 16, 1), (judge, 8, 1), (sft, 6, 2), (dpo, 3, 2), (iteration, 32, 2),
         (prompts_4x, 16, 1), (length_4x, 16, 1), (samples_8x, 16, 1)]


def id_lists(value):
    """Every list of ids in a workload, and every prompt with its answer."""
    if isinstance(value, dict):
        answers = [value[key] for key in ("completion", "chosen", "rejected") if key in value]
        yield from [value["prompt"] + answer for answer in answers]
        value = [part for part in value.values() if not isinstance(part, int)]
    if value and isinstance(value[0], int):
        yield value
    else:
        for part in value:
            yield from id_lists(part)


def check_round_trip(tokenizer, data):
    for ids in id_lists(data):
        if tokenizer.encode(tokenizer.decode(ids)).ids != ids:
            sys.exit(f"workloads.py: these ids are others after decode and encode: {ids[:8]}...")


def main(tokenizer_file, out, scale):
    tokenizer = tokenizers.Tokenizer.from_file(tokenizer_file)
    pool = words(tokenizer)
    out.mkdir(parents=True, exist_ok=True)
    for seed, (make, size, least) in enumerate(SIZES):
        rng = random.Random(seed)
        data = make(rng, lambda count: rng.choices(pool, k=count), max(least, round(size * scale)))
        check_round_trip(tokenizer, data)
        (out / f"{make.__name__}.json").write_text(json.dumps(data))


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]), float(sys.argv[3]))
