"""Makes tests/fixtures/gguf: block values and a tiny model, from the reference implementations.

  quants.json       blocks of every tensor type that is read, and what gguf.quants.dequantize makes of them (float32);
                    "quantize Q8_0": weights, and the blocks that gguf.quants.quantize makes of them
  tiny.gguf         a random Llama of 2 layers with all those types, rows permuted as llama.cpp's converter does
  tiny.safetensors  its weights as transformers dequantises and un-permutes them, float32

Run:  python tests/golden/make_gguf_golden.py     (the result is the same every time)
Made with gguf 0.19.0, transformers 5.23.0, safetensors 0.8.0, torch 2.13.0, numpy from the same environment.
"""
import json
import pathlib

import gguf
import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

OUT = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "gguf"
TYPES = gguf.GGMLQuantizationType
HIDDEN, INNER, LAYERS, HEADS, KV_HEADS, HEAD_DIM = 32, 64, 2, 4, 2, 8

rng = np.random.default_rng(20240118)
block_rng = np.random.default_rng(20250301)  # of the types that came later; tiny.gguf stays as it is
# Where the half-precision factors of a block stand: (size of the block, their places)
FACTORS = {TYPES.Q5_0: (22, [0]), TYPES.Q5_1: (24, [0, 2]), TYPES.Q2_K: (84, [80, 82]), TYPES.Q3_K: (110, [108]),
           TYPES.Q4_K: (144, [0, 2]), TYPES.Q5_K: (176, [0, 2]), TYPES.Q6_K: (210, [208]), TYPES.IQ4_NL: (18, [0]),
           TYPES.IQ4_XS: (136, [0])}


def half(value):
    return np.float16(value).view(np.uint16).tobytes()


def random_bytes(count):
    return rng.integers(0, 256, count, dtype=np.uint8).tobytes()


def block_bytes(kind):
    """Blocks with ordinary, negative, zero, subnormal and largest scales."""
    scales = [0.0123, -1.75, 0.0, 6e-8, 65504.0]
    if kind is TYPES.Q4_0:
        return b"".join(half(d) + random_bytes(16) for d in scales)
    if kind is TYPES.Q4_1:
        return b"".join(half(d) + half(-3 * d) + random_bytes(16) for d in scales[:4])
    if kind is TYPES.Q8_0:
        return b"".join(half(d) + random_bytes(32) for d in scales)
    values = np.array([0, -0.0, 1, -2.5, 6e-8, 65504, 1e-5, 3.14159], dtype=np.float32)
    return gguf.quants.quantize(values, kind).tobytes()


def random_blocks(kind):
    """Three blocks of random bytes with an ordinary, a negative and a subnormal factor."""
    size, places = FACTORS[kind]
    blocks = block_rng.integers(0, 256, (3, size), dtype=np.uint8)
    for block, factor in zip(blocks, (0.0123, -1.75, 6e-8)):
        for place in places:
            block[place:place + 2] = np.frombuffer(half(factor * (1 + place)), dtype=np.uint8)
    return blocks.tobytes()


def float_hex(values):
    return np.asarray(values, dtype="<f4").tobytes().hex()


def make_quants():
    cases = {}
    for kind in (TYPES.Q4_0, TYPES.Q4_1, TYPES.Q8_0, TYPES.F16, TYPES.BF16, TYPES.F32, *FACTORS):
        raw = random_blocks(kind) if kind in FACTORS else block_bytes(kind)
        weights = gguf.quants.dequantize(np.frombuffer(raw, dtype=np.uint8).reshape(1, -1), kind)
        cases[kind.name] = {"bytes": raw.hex(), "weights": float_hex(weights.ravel())}
    weights = block_rng.standard_normal((6, 32)).astype(np.float32)
    weights[1] = 0
    weights[2] = np.arange(-16, 16) / 2  # halves
    weights[3] *= 1e-6
    weights[4] *= 1e4
    raw = gguf.quants.quantize(weights, TYPES.Q8_0).tobytes()
    cases["quantize Q8_0"] = {"bytes": raw.hex(), "weights": float_hex(weights.ravel())}
    (OUT / "quants.json").write_text(json.dumps(cases, indent=0) + "\n")


def permute(weight, heads):
    """LlamaModel.permute of llama.cpp's convert_hf_to_gguf.py: halves of a head become neighbouring pairs."""
    rows = weight.shape[0] // heads // 2
    return weight.reshape(heads, 2, rows, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def add(writer, name, shape, kind, heads=None):
    weight = (rng.standard_normal(shape) * 0.1).astype(np.float32)
    weight = weight if heads is None else np.ascontiguousarray(permute(weight, heads))
    writer.add_tensor(name, gguf.quants.quantize(weight, kind), raw_dtype=kind)


def tokens():
    """(token, type): three control tokens, the bytes of "helo wrd!" in byte-level spelling, merges, one user-defined."""
    plain = ["h", "e", "l", "o", "Ġ", "w", "r", "d", "!", "1", "2", "he", "ll", "hell", "hello", "Ġw", "or", "Ġwor"]
    pairs = [("<|endoftext|>", 3), ("<|im_start|>", 3), ("<|im_end|>", 3)]
    return pairs + [(token, 1) for token in plain] + [("<tool>", 4)]


def make_tiny():
    path = OUT / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_block_count(LAYERS)
    writer.add_context_length(128)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(HEAD_DIM)
    writer.add_rope_freq_base(50000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    vocabulary = tokens()
    writer.add_token_list([token for token, _ in vocabulary])
    writer.add_token_types([kind for _, kind in vocabulary])
    writer.add_token_merges(["h e", "l l", "he ll", "hell o", "Ġ w", "o r", "Ġw or"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template("{% for message in messages %}{{ message['content'] }}{% endfor %}")
    add(writer, "token_embd.weight", (len(vocabulary), HIDDEN), TYPES.Q8_0)
    for layer, kinds in enumerate([(TYPES.Q4_0, TYPES.Q4_1), (TYPES.F16, TYPES.BF16)]):
        first, second = kinds
        block = f"blk.{layer}."
        add(writer, block + "attn_norm.weight", (HIDDEN,), TYPES.F32)
        add(writer, block + "attn_q.weight", (HEADS * HEAD_DIM, HIDDEN), first, HEADS)
        add(writer, block + "attn_k.weight", (KV_HEADS * HEAD_DIM, HIDDEN), second, KV_HEADS)
        add(writer, block + "attn_v.weight", (KV_HEADS * HEAD_DIM, HIDDEN), first)
        add(writer, block + "attn_output.weight", (HIDDEN, HEADS * HEAD_DIM), second)
        add(writer, block + "ffn_norm.weight", (HIDDEN,), TYPES.F32)
        add(writer, block + "ffn_gate.weight", (INNER, HIDDEN), first)
        add(writer, block + "ffn_up.weight", (INNER, HIDDEN), second)
        add(writer, block + "ffn_down.weight", (HIDDEN, INNER), TYPES.Q8_0)
    add(writer, "output_norm.weight", (HIDDEN,), TYPES.F32)
    add(writer, "output.weight", (len(vocabulary), HIDDEN), TYPES.Q4_1)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    model = AutoModelForCausalLM.from_pretrained(OUT, gguf_file="tiny.gguf", dtype=torch.float32)
    weights = {name: weight.contiguous().clone() for name, weight in model.state_dict().items()}
    save_file(weights, OUT / "tiny.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    make_quants()
    make_tiny()
