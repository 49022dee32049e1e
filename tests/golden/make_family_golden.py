"""Makes tests/fixtures/families.json: for each family of checkpoints a tiny network, its logits and ten SFT steps.

Weights are not stored: both sides compute them from a name and an index (weight() below; family_test.cpp).
Run from anywhere: python tests/golden/make_family_golden.py
"""

import os

os.environ.update(HF_HUB_OFFLINE="1", CUDA_VISIBLE_DEVICES="")

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from golden import FIXTURES, floats, made_by, write_fixture

VOCAB, LENGTH, POSITIONS = 64, 40, [0, 7, 21, 39]
SHAPE = {"vocab_size": VOCAB, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256, "rms_norm_eps": 1e-5,
         "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
SCALED = {"rope_theta": 10000.0, "factor": 4.0}
LLAMA3 = {"rope_type": "llama3", "rope_theta": 50000.0, "factor": 8.0, "low_freq_factor": 1.0,
          "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
LONGROPE = {"rope_type": "longrope", "rope_theta": 10000.0, "partial_rotary_factor": 0.5,
            "short_factor": [1.0, 1.25], "long_factor": [2.0, 3.0], "original_max_position_embeddings": 64}
GEMMA = {"head_dim": 16, "query_pre_attn_scalar": 24, "sliding_window": 8, "rms_norm_eps": 1e-6}
GEMMA3_ROPE = {"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0},
               "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}
CASES = {
    "Llama 2": {"model_type": "llama", "num_key_value_heads": 4},
    "Llama 3.1": {"model_type": "llama", "rope_parameters": LLAMA3},
    "Llama, linear rope": {"model_type": "llama", "rope_parameters": {"rope_type": "linear", **SCALED}},
    "Llama, dynamic rope": {"model_type": "llama", "rope_parameters": {"rope_type": "dynamic", **SCALED}},
    "Llama, YaRN": {"model_type": "llama", "rope_parameters": {
        "rope_type": "yarn", **SCALED, "original_max_position_embeddings": 32}},
    "Llama, biases": {"model_type": "llama", "attention_bias": True, "mlp_bias": True},
    "SmolLM2": {"model_type": "llama", "tie_word_embeddings": True, "rope_theta": 100000.0},
    "SmolLM3": {"model_type": "smollm3", "tie_word_embeddings": True},
    "SmolLM3, windows": {"model_type": "smollm3", "use_sliding_window": True, "sliding_window": 8},
    "Mistral": {"model_type": "mistral", "sliding_window": 8},
    "Mistral, all seen": {"model_type": "mistral", "sliding_window": None, "head_dim": 16},
    "Qwen2": {"model_type": "qwen2"},
    "Qwen2, windows": {"model_type": "qwen2", "use_sliding_window": True, "sliding_window": 8,
                       "max_window_layers": 2},
    "Qwen3": {"model_type": "qwen3", "head_dim": 16, "tie_word_embeddings": True},
    "Gemma 2": {"model_type": "gemma2", **GEMMA, "attn_logit_softcapping": 5.0, "final_logit_softcapping": 3.0},
    "Gemma 3": {"model_type": "gemma3_text", **GEMMA, "rope_parameters": GEMMA3_ROPE,
                "layer_types": ["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"]},
    "Phi-3": {"model_type": "phi3", "sliding_window": 20},
    "Phi-4-mini": {"model_type": "phi3", "rope_parameters": LONGROPE, "original_max_position_embeddings": 64},
    "OLMo 2": {"model_type": "olmo2"},
}
NOT_OF_THE_NETWORK = ("transformers_version", "_name_or_path", "id2label", "label2id")
STEPS, ROWS_PER_STEP, LEARNING_RATE = 10, 4, 1e-3
MASK = (1 << 64) - 1


def mixed(x):
    """splitmix64 of an array of uint64."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def weight(name, shape, is_gemma):
    """Even in [base - width, base + width): matrices 1.5 / sqrt(columns) about 0, norms 0.2 about 1 (Gemma: 0)."""
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = (key ^ byte) * 0x100000001B3 & MASK
    count = int(np.prod(shape))
    with np.errstate(over="ignore"):
        bits = mixed(np.uint64(key) + np.arange(count, dtype=np.uint64)) >> np.uint64(40)
    unit = bits.astype(np.float64) / (1 << 23) - 1
    width = 1.5 / np.sqrt(np.float64(shape[1])) if len(shape) == 2 else 0.2
    base = 0.0 if len(shape) == 2 or name.endswith("bias") or is_gemma else 1.0
    return torch.from_numpy((base + width * unit).astype(np.float32).reshape(shape))


def make_model(config, dtype=torch.float32, attention="eager"):
    model = AutoModelForCausalLM.from_config(config, attn_implementation=attention)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weight(name, tuple(parameter.shape), config.model_type.startswith("gemma")))
    return model.to(dtype).eval()


def logits_of(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].float()


def mean_difference(a, b):
    return float((a - b).abs().mean())


def sft_rows(rng):
    sizes = [(3, 9), (1, 14), (8, 5), (12, 12), (5, 7), (2, 21)]
    return [{"prompt": rng.integers(3, VOCAB, prompt).tolist(), "response": rng.integers(3, VOCAB, response).tolist()}
            for prompt, response in sizes]


def sft_steps(model, rows):
    """Loss before each of ten AdamW steps, and the gradient's norm: rows in order, only responses count."""
    optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0)
    steps = []
    for step in range(STEPS):
        chosen = [rows[(step * ROWS_PER_STEP + i) % len(rows)] for i in range(ROWS_PER_STEP)]
        count = sum(len(row["response"]) for row in chosen)
        total = 0.0
        optimizer.zero_grad()
        for row in chosen:
            ids, start = row["prompt"] + row["response"], len(row["prompt"])
            logits = model(torch.tensor([ids])).logits[0, start - 1:-1].float()
            loss = torch.nn.functional.cross_entropy(logits, torch.tensor(ids[start:]), reduction="sum") / count
            loss.backward()
            total += loss.item()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        rate = LEARNING_RATE * (1 - step / STEPS)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        steps.append({"loss": total, "grad_norm": float(norm), "learning_rate": rate})
    return steps


def make_case(name, settings, rng):
    settings = {**SHAPE, "tie_word_embeddings": False, **settings}
    config = AutoConfig.for_model(**settings)
    config.architectures = [type(make_model(config)).__name__]
    ids = rng.integers(3, VOCAB, LENGTH).tolist()
    exact = logits_of(make_model(config), ids)
    kinds = {"eager": "eager", "sdpa": "eager" if config.model_type == "gemma2" else "sdpa"}  # its caps need eager
    half = {name: logits_of(make_model(config, torch.bfloat16, kind), ids) for name, kind in kinds.items()}
    rows = sft_rows(rng)
    kept = {key: value for key, value in config.to_dict().items() if key not in NOT_OF_THE_NETWORK}
    return {"name": name, "config": kept, "ids": ids, "positions": POSITIONS, "logits": floats(exact[POSITIONS]),
            "bfloat16": {"eager_sdpa": mean_difference(half["eager"], half["sdpa"]),
                         "eager": mean_difference(half["eager"], exact), "sdpa": mean_difference(half["sdpa"], exact)},
            "rows": rows, "steps": sft_steps(make_model(config).train(), rows)}


def main():
    torch.set_num_threads(1)  # the networks are tiny
    rng = np.random.default_rng(20240118)
    cases = [make_case(name, settings, rng) for name, settings in CASES.items()]
    settings = {"learning_rate": LEARNING_RATE, "lr_scheduler_type": "linear", "warmup_steps": 0,
                "rows_per_step": ROWS_PER_STEP, "max_steps": STEPS, "weight_decay": 0.0, "adam_beta1": 0.9,
                "adam_beta2": 0.999, "adam_epsilon": 1e-8, "max_grad_norm": 1.0}
    write_fixture(FIXTURES / "families.json",
                  {"made_by": made_by(__file__, "torch", "transformers", "numpy"), "settings": settings, "cases": cases})


if __name__ == "__main__":
    main()
