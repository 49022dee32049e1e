"""Makes tests/fixtures/lora: an adapter of the tiny Llama as peft writes it, its logits, and ten SFT steps.

Needs tests/fixtures/tiny_llama (make_model_golden.py). Run from anywhere: python tests/golden/make_lora_golden.py
"""

import json
import os

os.environ.update(HF_HUB_OFFLINE="1", CUDA_VISIBLE_DEVICES="")

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM

from golden import FIXTURES, TINY_LLAMA, floats, made_by, write_fixture
from make_family_golden import sft_rows, sft_steps

OUT = FIXTURES / "lora"
SETTINGS = {"r": 4, "lora_alpha": 6, "lora_dropout": 0.0, "use_rslora": True,
            "target_modules": ["q_proj", "v_proj", "down_proj"]}
POSITIONS = [0, 9, 23]


def base_model():
    return AutoModelForCausalLM.from_pretrained(TINY_LLAMA, dtype=torch.float32)


def logits_of(model, ids):
    with torch.no_grad():
        return floats(model.eval()(torch.tensor([ids])).logits[0, POSITIONS])


def main():
    torch.manual_seed(7)
    rng = np.random.default_rng(7)
    ids = rng.integers(3, 64, 24).tolist()
    model = get_peft_model(base_model(), LoraConfig(task_type="CAUSAL_LM", **SETTINGS))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.1)
    model.save_pretrained(OUT)
    (OUT / "README.md").unlink(missing_ok=True)
    config = json.loads((OUT / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "../tiny_llama"
    (OUT / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    rows = sft_rows(rng)
    golden = {"made_by": made_by(__file__, "torch", "transformers", "peft"), "ids": ids, "positions": POSITIONS,
              "logits": logits_of(model, ids), "base_logits": logits_of(base_model(), ids), "rows": rows}
    golden["steps"] = sft_steps(model.train(), rows)
    golden["trained_logits"] = logits_of(model, ids)
    golden["merged_logits"] = logits_of(PeftModel.from_pretrained(base_model(), OUT).merge_and_unload(), ids)
    write_fixture(OUT / "golden.json", golden)


if __name__ == "__main__":
    main()
