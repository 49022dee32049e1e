"""Holds import and export of every family against llama.cpp's converter, llama.cpp and transformers.

A random model of each family with a tokenizer of its kind (byte-level BPE of CHECKPOINT; for Mistral, Gemma and Phi-3 a
SentencePiece one that is trained here) goes
  through convert_hf_to_gguf.py and our import: transformers' logits and the tokenizer's ids stay what they were;
  through our export: every tensor and every key of the converter's file is there; llama.cpp's logits are transformers'.

usage: python check_families.py PROGRAM CHECKPOINT LLAMA_CPP_DIR WORK_DIR      (not a ctest, as check_llama_cpp.py)
Made with llama-cpp-python 0.3.36 (its converter and library), transformers 5.23.0, sentencepiece 0.2.2, torch 2.13.0.
"""
import json
import pathlib
import shutil
import subprocess
import sys

PROGRAM, CHECKPOINT, LLAMA_CPP, WORK = sys.argv[1], *map(pathlib.Path, sys.argv[2:5])
sys.path[:0] = [str(LLAMA_CPP / "gguf-py")]

import gguf
import numpy as np
import sentencepiece
import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast
from transformers.convert_slow_tokenizer import generate_merges

from llama_cpp_peer import Model

COMMON = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
              max_position_embeddings=256, bos_token_id=1, eos_token_id=2, pad_token_id=None, initializer_range=0.2)
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 8192}
LONG = {"type": "longrope", "long_factor": [1 + 0.5 * i for i in range(8)],
        "short_factor": [1 + 0.1 * i for i in range(8)]}
FAMILIES = {
    "llama": dict(model_type="llama", head_dim=32, tie_word_embeddings=False),
    "llama3": dict(model_type="llama", rope_theta=500000.0, rope_scaling=LLAMA3, tie_word_embeddings=True),
    "mistral": dict(model_type="mistral", sliding_window=None, pieces=True),
    "qwen2": dict(model_type="qwen2", tie_word_embeddings=True, rope_theta=1e6),
    "qwen3": dict(model_type="qwen3", head_dim=32, tie_word_embeddings=False, rope_theta=1e6),
    "gemma2": dict(model_type="gemma2", head_dim=32, query_pre_attn_scalar=32, sliding_window=8, num_hidden_layers=4,
                   attn_implementation="eager", pieces=True),
    "gemma3": dict(model_type="gemma3_text", head_dim=32, query_pre_attn_scalar=32, sliding_window=8,
                   num_hidden_layers=6, rope_scaling={"rope_type": "linear", "factor": 8.0}, pieces=True),
    "phi3": dict(model_type="phi3", original_max_position_embeddings=256, pieces=True),
    # llama.cpp takes the short factors where its context, here 256, is not longer than the original length.
    "phi3 long": dict(model_type="phi3", original_max_position_embeddings=256, max_position_embeddings=1024,
                      rope_scaling=LONG, pieces=True),
    "olmo2": dict(model_type="olmo2", tie_word_embeddings=False, rope_theta=500000.0),
    "smollm3": dict(model_type="smollm3", tie_word_embeddings=True, num_hidden_layers=4, rope_theta=2e6),
}
TEXTS = ["The quick brown fox jumps over 13 lazy dogs.", "  Two spaces, a\ttab\nand lines\n\n", "naïve café 你好 🙂 <s>",
         "it's HE'S we'll 12345 x=y+z; //end", "<|im_start|>user\nhello<|im_end|>"]


# The converter with the name of CHECKPOINT's pre-tokenizer: it asks the class that goes with a family, not the file.
CONVERT = """import sys; sys.path[:0] = [sys.argv[1], sys.argv[1] + "/gguf-py"]; del sys.argv[1]
from conversion.base import TextModel
TextModel.get_vocab_base_pre = lambda self, tokenizer: "smollm"
import convert_hf_to_gguf; convert_hf_to_gguf.main()"""


def run(*arguments):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-2000:]}"


def train_pieces(directory):
    """tokenizer.model of 600 pieces, and a tokenizer.json in the way of Llama 2."""
    lines = [line for path in sorted((pathlib.Path(__file__).parents[2] / "docs").glob("*.md"))
             for line in path.read_text().splitlines() if line.strip()]
    (directory / "corpus.txt").write_text("\n".join(lines))
    sentencepiece.SentencePieceTrainer.train(
        input=str(directory / "corpus.txt"), model_prefix=str(directory / "tokenizer"), vocab_size=600,
        model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
        minloglevel=2)
    model = sentencepiece.SentencePieceProcessor(model_file=str(directory / "tokenizer.model"))
    pieces = {model.id_to_piece(i): i for i in range(len(model))}
    special = [piece for piece, i in pieces.items() if model.is_control(i) or model.is_unknown(i)]
    scores = {piece: model.get_score(i) for piece, i in pieces.items()}
    skip = special + [piece for piece, i in pieces.items() if model.is_byte(i)]
    merges = generate_merges(pieces, scores, skip)
    return pieces, merges, special


def piece_tokenizer(directory, prefix):
    pieces, merges, special = train_pieces(directory)
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    both = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, replace]}
    decoders = [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
                {"type": "Fuse"}] + [{"type": "Strip", "content": " ", "start": 1, "stop": 0}] * prefix
    bos = {"SpecialToken": {"id": "<s>", "type_id": 0}}
    added = [{"id": pieces[p], "content": p, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": True} for p in sorted(special, key=pieces.get)]
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        "normalizer": both if prefix else replace, "pre_tokenizer": None,
        "post_processor": {"type": "TemplateProcessing", "single": [bos, {"Sequence": {"id": "A", "type_id": 0}}],
                           "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                           "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
        "decoder": {"type": "Sequence", "decoders": decoders},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                  "vocab": pieces, "merges": [" ".join(m) for m in merges]}}
    (directory / "tokenizer.json").write_text(json.dumps(tokenizer))
    (directory / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
         "chat_template": "{% for m in messages %}{{ m.content }}{% endfor %}"}))
    return len(pieces)


def make_model(directory, settings):
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    settings = {**COMMON, **settings}
    pieces = settings.pop("pieces", False)
    if pieces:
        settings["vocab_size"] = piece_tokenizer(directory, prefix=not settings["model_type"].startswith("gemma"))
    else:
        settings["vocab_size"] = 49152
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(CHECKPOINT / name, directory)
    torch.manual_seed(1)
    eager = settings.pop("attn_implementation", "eager")
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(settings.pop("model_type"), **settings),
                                             dtype=torch.float32, attn_implementation=eager)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:  # norms and biases begin as constants
                parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(directory)


def logits(directory, ids):
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager")
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].numpy()


def encoded(directory):
    tokenizer = PreTrainedTokenizerFast.from_pretrained(directory)
    return [tokenizer(text)["input_ids"] for text in TEXTS]


def compare_files(ours, theirs):
    """Differences between two GGUF files: keys and tensors of `theirs` that ours lacks or has otherwise."""
    mine, wanted = gguf.GGUFReader(ours), gguf.GGUFReader(theirs)
    tensors = {tensor.name: tensor for tensor in mine.tensors}
    found = [f"tensor {t.name}" for t in wanted.tensors
             if t.name not in tensors or not np.array_equal(t.data, tensors[t.name].data)]
    for name, field in wanted.fields.items():
        if name.startswith(("GGUF.", "general.name", "general.size", "tokenizer.ggml.scores")):
            continue
        if name not in mine.fields or mine.fields[name].contents() != field.contents():
            value = mine.fields[name].contents() if name in mine.fields else "absent"
            found.append(f"{name}: {str(value)[:60]} for {str(field.contents())[:60]}")
    return found


def check(name, settings):
    source, theirs, ours = WORK / "source", WORK / "theirs.gguf", WORK / "ours.gguf"
    back, again = WORK / "back", WORK / "again"
    make_model(source, settings)
    run(sys.executable, "-c", CONVERT, LLAMA_CPP, source, "--outtype", "f32", "--outfile", theirs)
    run(PROGRAM, "import", theirs, back, "--dtype", "float32")
    run(PROGRAM, "export", source, ours, "--outtype", "f32")
    run(PROGRAM, "import", ours, again, "--dtype", "float32")
    ids = encoded(source)[0] + encoded(source)[1]
    wanted = logits(source, ids)
    equal = [np.array_equal(logits(place, ids), wanted) for place in (back, again)]
    cut = [encoded(place) == encoded(source) for place in (back, again)]
    llama = Model(ours, context=256)
    difference = np.abs(llama.logits(ids) - wanted).max()
    alike = sum(llama.tokenize(text, add_bos=True) == one for text, one in zip(TEXTS, encoded(source)))
    print(f"{name:10} logits after import equal {equal}  ids equal {cut}  llama.cpp: largest logit difference "
          f"{difference:.2e} of {np.abs(wanted).max():.1f}, texts cut alike {alike}/{len(TEXTS)}", flush=True)
    for line in compare_files(ours, theirs):
        print(f"{'':10} {line}", flush=True)


if __name__ == "__main__":
    for family, options in FAMILIES.items():
        if len(sys.argv) < 6 or family in sys.argv[5:]:
            check(family, dict(options))
