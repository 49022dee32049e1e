"""Makes tests/fixtures/config_spellings.json: config.json as transformers 4 and 5 spell it, also both at once and against each
other, and the frequencies of the rotary positions that transformers makes of it.

    python tests/golden/make_config_golden.py

Read by src/model/families/config_json_test.cpp. The versions are printed and stored.
"""
import copy

import torch  # noqa: F401  transformers' configurations want it
from golden import FIXTURES, floats, made_by, write_fixture
from transformers import AutoConfig, AutoModelForCausalLM

SHAPE = {"vocab_size": 32, "hidden_size": 32, "intermediate_size": 24, "num_hidden_layers": 6, "num_attention_heads": 4,
         "num_key_value_heads": 2, "max_position_embeddings": 64, "pad_token_id": 0, "eos_token_id": 3}
LINEAR, PLAIN = {"rope_type": "linear", "factor": 2.0}, {"rope_type": "default", "rope_theta": 10000.0}
YARN = {"rope_type": "yarn", "factor": 2.0, "rope_theta": 10000.0}
LONG = {"short_factor": [1.0, 1.25, 1.5, 2.0], "long_factor": [2.0, 3.0, 4.0, 5.0]}
HALF = {"short_factor": [1.0, 1.25], "long_factor": [2.0, 3.0]}
FULL, SLIDING = {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000.0}, {"rope_type": "default", "rope_theta": 100.0}
CASES = {
    "llama": [
        {},
        {"rope_theta": 500000.0},
        {"rope_theta": 500000.0, "rope_scaling": {"type": "linear", "factor": 2.0}},
        {"rope_theta": 500000.0, "rope_scaling": None, "rope_parameters": PLAIN},
        {"rope_theta": 500000.0, "rope_parameters": {"rope_type": "default"}},
        {"rope_theta": 500000.0, "rope_scaling": LINEAR, "rope_parameters": PLAIN},
        {"rope_scaling": LINEAR, "rope_parameters": {"rope_type": "default", "rope_theta": 500000.0}},
        {"rope_theta": 500000.0, "rope_scaling": {}, "rope_parameters": LINEAR},
        {"rope_scaling": {"type": "linear", "rope_type": "default", "factor": 2.0}},
        {"rope_scaling": {"type": "default", "rope_type": "linear", "factor": 2.0}},
        {"rope_parameters": YARN},
        {"rope_parameters": YARN | {"original_max_position_embeddings": 16}},
        {"rope_theta": 10000.0, "rope_scaling": {"type": "yarn", "factor": 2.0, "original_max_position_embeddings": 16}},
    ],
    "smollm3": [{}, {"rope_theta": 10000.0}, {"rope_parameters": PLAIN}],
    "qwen3": [{"head_dim": 8, "rope_theta": 1000000.0}, {"head_dim": 8, "rope_parameters": {"rope_theta": 1000000.0}}],
    "phi3": [
        {"original_max_position_embeddings": 16, "rope_scaling": {"type": "longrope"} | LONG},
        {"original_max_position_embeddings": 16, "rope_parameters": {"rope_type": "longrope", "rope_theta": 10000.0} | LONG},
        {"original_max_position_embeddings": 16,
         "rope_parameters": {"rope_type": "longrope", "original_max_position_embeddings": 32} | LONG},
        {"original_max_position_embeddings": 16, "rope_scaling": {"type": "su", "original_max_position_embeddings": 32} | LONG},
        {"original_max_position_embeddings": 16, "rope_scaling": {"type": "yarn"} | LONG},
        {"original_max_position_embeddings": 16, "partial_rotary_factor": 0.5, "rope_scaling": {"type": "longrope"} | HALF},
        {"original_max_position_embeddings": 16, "partial_rotary_factor": 1.0,
         "rope_parameters": {"rope_type": "longrope", "partial_rotary_factor": 0.5} | HALF},
    ],
    "gemma3_text": [
        {},
        {"rope_theta": 5000.0, "rope_local_base_freq": 500.0, "rope_scaling": LINEAR},
        {"rope_theta": 5000.0, "rope_local_base_freq": 500.0, "rope_parameters": {"full_attention": FULL, "sliding_attention": SLIDING}},
        {"rope_theta": 5000.0, "rope_local_base_freq": 500.0, "rope_parameters": {"full_attention": {"type": "linear", "factor": 8.0}}},
        {"rope_scaling": LINEAR, "rope_parameters": {"full_attention": FULL, "sliding_attention": None}},
        {"sliding_window_pattern": 2, "layer_types": ["full_attention", "sliding_attention"] * 3},
    ],
}


def ropes(model, config):
    """Those of Gemma 3 by kind of layer, that of the layers that see all first."""
    rotary = model.model.rotary_emb
    kinds = ["full_attention_", "sliding_attention_"] if config.model_type == "gemma3_text" else [""]
    return [{"inv_freq": floats(getattr(rotary, f"{kind}inv_freq")), "attention_factor": getattr(rotary, f"{kind}attention_scaling")}
            for kind in kinds]


def case(model_type, settings):
    settings = SHAPE | ({"head_dim": 8} if model_type == "gemma3_text" else {}) | settings
    config = type(AutoConfig.for_model(model_type)).from_dict(copy.deepcopy(settings))
    model = AutoModelForCausalLM.from_config(config)
    return {"config": {"model_type": model_type, "architectures": [type(model).__name__]} | settings, "ropes": ropes(model, config)}


write_fixture(FIXTURES / "config_spellings.json", {
    "made_by": made_by(__file__, "torch", "transformers"),
    "cases": [case(model_type, settings) for model_type, cases in CASES.items() for settings in cases]})
