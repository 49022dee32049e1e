"""Holds our GGUF files against llama.cpp on a real checkpoint.

  export  each type: llama.cpp cuts the prompts into the same tokens and writes the same greedy text as `selfreward
          generate`, and import gives the checkpoint back (f32, f16, bf16: bit for bit)
  import  files that llama.cpp quantises: every weight equals gguf-py's, greedy text and logits against llama.cpp, once
          more after our export as f32: the same weights without llama.cpp's rounding of what they are multiplied with

usage: python check_llama_cpp.py PROGRAM CHECKPOINT WORK_DIR [TYPE...]      (not a ctest: it needs llama-cpp-python,
gguf, transformers and some minutes; without types it takes all).
Made with llama-cpp-python 0.3.36, gguf 0.19.0, transformers 5.23.0.
"""
import json
import pathlib
import subprocess
import sys

import gguf
import numpy as np
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from llama_cpp_peer import FTYPES, Model, quantize

PROGRAM, CHECKPOINT, WORK = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
PROMPTS = ["What is the capital of France?", "Write a short poem about the sea.", "Explain photosynthesis to a child.",
           "List three uses of a paper clip.", "Why is the sky blue at noon and red in the evening?"]
NEW_TOKENS = 64
ONLY = sys.argv[4:]


def run(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def our_greedy(model, dtype):
    """Token ids of `selfreward generate` at temperature 0, per prompt."""
    prompts, out = WORK / "prompts.jsonl", WORK / "candidates.jsonl"
    prompts.write_text("".join(json.dumps({"id": f"p{i}", "prompt": p, "origin": "test"}) + "\n"
                               for i, p in enumerate(PROMPTS)))
    out.unlink(missing_ok=True)
    run("generate", "--model", model, "--prompts", prompts, "--out", out, "--set", "candidates.num_generations=1",
        "--set", "candidates.sampling.temperature=0", "--set", f"model.dtype={dtype}", "--set",
        f"candidates.sampling.max_new_tokens={NEW_TOKENS}")
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    return [row["token_ids"] for row in sorted(rows, key=lambda row: row["prompt_id"])]


def same_files(one, other):
    return all(path.read_bytes() == (other / path.name).read_bytes() for path in one.iterdir())


def same_start(ours, theirs):
    """How many tokens agree before the first difference."""
    pairs = list(zip(ours, theirs))
    return next((i for i, (a, b) in enumerate(pairs) if a != b), len(pairs))


def texts(tokenizer):
    return [tokenizer.apply_chat_template([{"role": "user", "content": p}], tokenize=False, add_generation_prompt=True)
            for p in PROMPTS]


def compare_greedy(label, path, model_dir, tokenizer, ids):
    llama, stops = Model(path), {tokenizer.eos_token_id}
    cut = sum(llama.tokenize(text) == one for text, one in zip(texts(tokenizer), ids))
    theirs = [llama.greedy(one, NEW_TOKENS, stops) for one in ids]
    ours = our_greedy(model_dir, "float32")
    same = [same_start(a, b) for a, b in zip(ours, theirs)]
    whole = sum(tokenizer.decode(a, skip_special_tokens=True) == tokenizer.decode(b, skip_special_tokens=True)
                for a, b in zip(ours, theirs))
    print(f"{label:8} tokenized alike {cut}/{len(ids)}  same greedy text {whole}/{len(ids)}  equal tokens {same}",
          flush=True)


def compare_logits(label, path, model_dir, ids):
    model = AutoModelForCausalLM.from_pretrained(model_dir, dtype=torch.float32)
    llama = Model(path)
    for one in ids[:2]:
        with torch.no_grad():
            ours = model(torch.tensor([one])).logits[0].numpy()
        theirs = llama.logits(one)
        print(f"{label:8} largest logit difference {np.abs(ours - theirs).max():.4f} (of {np.abs(theirs).max():.1f}), "
              f"same best token {np.mean(ours.argmax(1) == theirs.argmax(1)):.3f}", flush=True)


def unpermute(weight, heads):
    """llama.cpp's converter makes neighbours of the two numbers that turn together."""
    return weight.reshape(heads, -1, 2, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def check_weights(label, path, model_dir):
    """Every imported float32 weight against gguf-py's, bit for bit."""
    config = json.loads((model_dir / "config.json").read_text())
    mine, kinds = load_file(model_dir / "model.safetensors"), {}
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    stored = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    for name, weight in mine.items():
        tensor = stored[names.get_name(name, try_suffixes=(".weight",))]
        kinds[tensor.tensor_type.name] = kinds.get(tensor.tensor_type.name, 0) + 1
        wanted = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        if name.endswith("q_proj.weight"):
            wanted = unpermute(wanted, config["num_attention_heads"])
        if name.endswith("k_proj.weight"):
            wanted = unpermute(wanted, config["num_key_value_heads"])
        assert np.array_equal(weight.numpy(), wanted), f"{label}: {name} differs from gguf-py"
    print(f"{label:8} {len(mine)} tensors equal gguf-py's bit for bit: {kinds}", flush=True)


def check_exports(tokenizer, ids):
    dtypes = {"f32": "float32", "f16": "float16", "bf16": "bfloat16", "q8_0": None}
    for kind, dtype in dtypes.items():
        if ONLY and kind not in ONLY:
            continue
        path, back, again = WORK / f"{kind}.gguf", WORK / f"{kind}-back", WORK / f"{kind}-again"
        run("export", CHECKPOINT, path, "--outtype", kind)
        run("import", path, back, "--dtype", dtype or "float32")
        if dtype:
            run("export", back, WORK / "again.gguf", "--outtype", kind)
            run("import", WORK / "again.gguf", again, "--dtype", dtype)
            print(f"{kind:8} import(export(x)) == x: {same_files(back, again)}; to the checkpoint itself: "
                  f"{same_weights(back)}", flush=True)
        compare_greedy(kind, path, back, tokenizer, ids)


def same_weights(directory):
    mine, source = load_file(directory / "model.safetensors"), load_file(CHECKPOINT / "model.safetensors")
    return all(torch.equal(weight, source[name].to(weight.dtype)) for name, weight in mine.items())


def check_imports(tokenizer, ids):
    for kind in FTYPES:
        if ONLY and kind not in ONLY:
            continue
        path, directory = WORK / f"{kind}.gguf", WORK / f"{kind}-hf"
        quantize(WORK / "f32.gguf", path, kind)
        run("import", path, directory, "--dtype", "float32")
        check_weights(kind, path, directory)
        compare_logits(kind, path, directory, ids)
        compare_greedy(kind, path, directory, tokenizer, ids)
        path.unlink()
        run("export", directory, path, "--outtype", "f32")  # llama.cpp with the very weights that we compute with
        compare_greedy(f"{kind} as f32", path, directory, tokenizer, ids)
        path.unlink()


if __name__ == "__main__":
    WORK.mkdir(parents=True, exist_ok=True)
    source = AutoTokenizer.from_pretrained(CHECKPOINT)
    prompt_ids = [source(text, add_special_tokens=False)["input_ids"] for text in texts(source)]
    run("export", CHECKPOINT, WORK / "f32.gguf", "--outtype", "f32")
    check_exports(source, prompt_ids)
    check_imports(source, prompt_ids)
