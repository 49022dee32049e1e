"""Makes tests/fixtures/gguf/families.json: what llama.cpp's own converter writes for a model of each family.

A model of two to six layers is made with transformers; every weight is a fixed pattern (`pattern` below), so that a
test can make the same one. The converter's tensors are kept as name, shape and a weighted sum, its metadata as it is
(without the tokenizer).

Run:  python tests/golden/make_gguf_families_golden.py LLAMA_CPP_DIR     (the result is the same every time)
Made with llama.cpp as in llama-cpp-python 0.3.36, gguf of the same sources, transformers 5.23.0, torch 2.13.0.
"""
import json
import pathlib
import sys
import tempfile

LLAMA_CPP = pathlib.Path(sys.argv[1])
sys.path[:0] = [str(LLAMA_CPP), str(LLAMA_CPP / "gguf-py")]

import gguf
import numpy as np
import torch
from conversion import ModelBase, get_model_class
from transformers import AutoConfig, AutoModelForCausalLM

OUT = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "gguf" / "families.json"
COMMON = dict(vocab_size=40, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=None)
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 8192}
LONG = {"type": "longrope", "long_factor": [1.5, 2.5, 3.5, 4.5], "short_factor": [1.0, 1.25, 1.5, 1.75]}
FAMILIES = {
    "llama": dict(model_type="llama", head_dim=16, tie_word_embeddings=False, rope_theta=50000.0),
    "llama3": dict(model_type="llama", tie_word_embeddings=True, rope_theta=500000.0, rope_scaling=LLAMA3),
    "mistral": dict(model_type="mistral", sliding_window=None, tie_word_embeddings=False),
    "qwen2": dict(model_type="qwen2", tie_word_embeddings=True, rope_theta=1e6),
    "qwen3": dict(model_type="qwen3", head_dim=16, tie_word_embeddings=False, rope_theta=1e6),
    "gemma2": dict(model_type="gemma2", head_dim=16, query_pre_attn_scalar=16, sliding_window=64,
                   num_hidden_layers=4),
    "gemma3": dict(model_type="gemma3_text", head_dim=16, query_pre_attn_scalar=16, sliding_window=64,
                   num_hidden_layers=6, rope_scaling={"rope_type": "linear", "factor": 8.0}),
    "phi3": dict(model_type="phi3", tie_word_embeddings=False, original_max_position_embeddings=128,
                 sliding_window=100),
    "phi3 long": dict(model_type="phi3", tie_word_embeddings=False, original_max_position_embeddings=32,
                      rope_scaling=LONG),
    "olmo2": dict(model_type="olmo2", tie_word_embeddings=False, rope_theta=500000.0),
    "smollm3": dict(model_type="smollm3", tie_word_embeddings=True, num_hidden_layers=4, rope_theta=2e6),
}


def pattern(shape):
    """0, 1/64, ..., 96/64, 0, ...: exact in float32."""
    return (torch.arange(int(np.prod(shape))) % 97 / 64.0).reshape(tuple(shape))


def weighted_sum(values):
    flat = values.astype(np.float64).ravel()
    return float((flat * (np.arange(flat.size) % 89)).sum())


def convert(directory, path):
    hparams = ModelBase.load_hparams(directory, False)
    kind = get_model_class(hparams["architectures"][0])
    silent = type(kind.__name__, (kind,), {"set_vocab": lambda self: None, "model_arch": kind.model_arch})
    silent(directory, gguf.LlamaFileType.ALL_F32, path).write()


def value_of(field):
    value = field.contents()
    return value if not isinstance(value, np.generic) else value.item()


def describe(settings):
    settings = {**COMMON, **settings}
    config = AutoConfig.for_model(settings.pop("model_type"), **settings)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(pattern(parameter.shape))
    with tempfile.TemporaryDirectory() as temporary:
        directory, path = pathlib.Path(temporary), pathlib.Path(temporary) / "model.gguf"
        model.save_pretrained(directory)
        tokens = {str(i): i for i in range(settings["vocab_size"])}  # Gemma 3's converter counts them
        (directory / "tokenizer.json").write_text(json.dumps({"model": {"vocab": tokens}, "added_tokens": []}))
        convert(directory, path)
        reader = gguf.GGUFReader(path)
        tensors = {t.name: [list(map(int, reversed(t.shape))), weighted_sum(t.data)] for t in reader.tensors}
        metadata = {name: value_of(field) for name, field in reader.fields.items()
                    if "." in name and not name.startswith(("GGUF.", "general.name", "general.size"))}
        saved = json.loads((directory / "config.json").read_text())
    return {"config": saved, "metadata": metadata, "tensors": tensors,
            "weights": {name: list(weight.shape) for name, weight in model.state_dict().items()}}


if __name__ == "__main__":
    OUT.write_text(json.dumps({name: describe(settings) for name, settings in FAMILIES.items()}) + "\n")
