"""Makes tests/fixtures/tiny_llama: a random Llama checkpoint with its tokenizer, and what transformers says of it.

Run from anywhere: python tests/golden/make_model_golden.py
"""

import shutil

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from golden import TINY_LLAMA, floats, made_by, write_fixture

VOCAB_SIZE = 320
SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# No newline after <|im_end|>: a finished conversation ends with the eos token itself.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
TOKENIZER_TEXT = [
    "The model writes an answer, then the same model gives the answer a score.",
    "A better answer is chosen and a worse answer is rejected; the model learns from the pair.",
    "What is the capital of France? The capital of France is Paris.",
    "Write a short story about a river that wanted to be a road, and tell it slowly.",
    "Please explain why the sky is blue. Please count from one to ten: 1 2 3 4 5 6 7 8 9 10.",
    "user\nassistant\nsystem\nYou are a helpful assistant.",
    "It isn't what they've said, it's how they'll say it; we're sure you'd agree.",
]
TEXTS = [
    "The answer is 42.",
    "  two spaces, then\ttab\n\nand a blank line ",
    "isn't they've WE'LL 1234567 3.14",
    "naïve café, Größe, ភាសាខ្មែរ, 日本語, 🙂👩‍👩‍👧",
    "<|im_start|>user\nhi<|im_end|> <|endoftext|>x",
    "",
]
CHATS = [
    [{"role": "user", "content": "What is the capital of France?"}],
    [{"role": "system", "content": "You are a helpful assistant."}, {"role": "user", "content": "Count to 3."}],
    [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "Hello!"},
        {"role": "user", "content": " Tell me a story.\n"},
        {"role": "assistant", "content": "A river wanted to be a road."},
    ],
]
# (length, positions whose logits are kept)
LOGIT_ROWS = [(1, [0]), (2, [1]), (5, [0, 4]), (9, [8]), (17, [3, 16]), (40, [12, 39])]
NEW_TOKENS = 24


def make_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE, special_tokens=SPECIAL_TOKENS, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TOKENIZER_TEXT, trainer)
    assert tokenizer.get_vocab_size() == VOCAB_SIZE
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=CHAT_TEMPLATE,
        model_max_length=256,
        clean_up_tokenization_spaces=False,
    )


def make_model(tokenizer):
    config = LlamaConfig(
        vocab_size=VOCAB_SIZE,
        hidden_size=32,
        intermediate_size=88,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=256,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        initializer_range=0.1,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        dtype="float32",
    )
    torch.manual_seed(20401)
    model = LlamaForCausalLM(config)
    sharpen(model)
    return model.eval()


@torch.no_grad()
def sharpen(model):
    """Fresh weights hide mistakes (flat attention, norm weights of one); make every part matter."""
    for name, parameter in model.named_parameters():
        if "q_proj" in name or "k_proj" in name:
            parameter *= 2
        elif "lm_head" in name:
            parameter *= 3
        elif "norm" in name:
            parameter += 0.3 * torch.randn_like(parameter)


def sequence(length, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, VOCAB_SIZE, (length,), generator=generator).tolist()


@torch.no_grad()
def logits_of(model, ids):
    """ids -> [length, vocab] logits of one sequence, no padding."""
    return model(input_ids=torch.tensor([ids])).logits[0]


def log_probs_of(model, ids):
    """log p(ids[i] | ids[:i]) for i = 1 .. length - 1."""
    log_probs = logits_of(model, ids)[:-1].float().log_softmax(-1)
    return log_probs.gather(1, torch.tensor(ids[1:])[:, None])[:, 0]


def greedy(model, ids):
    """The likeliest next ids, eos ignored, and the smallest lead of first over second logit on the way."""
    row, lead = list(ids), float("inf")
    for _ in range(NEW_TOKENS):
        best = logits_of(model, row)[-1].topk(2)
        row.append(best.indices[0].item())
        lead = min(lead, (best.values[0] - best.values[1]).item())
    return row[len(ids) :], lead


def load(attention, dtype):
    return AutoModelForCausalLM.from_pretrained(TINY_LLAMA, dtype=dtype, attn_implementation=attention).eval()


def difference(one, other):
    """|difference| of two models' logits over all positions of the LOGIT_ROWS sequences."""
    rows = [sequence(length, length) for length, _ in LOGIT_ROWS]
    gaps = torch.cat([logits_of(one, ids).float() - logits_of(other, ids).float() for ids in rows]).abs()
    return {"largest": floats(gaps.max()), "mean": floats(gaps.mean())}


def logit_rows(model, layout=LOGIT_ROWS):
    rows = [(sequence(length, length), positions) for length, positions in layout]
    return [
        {"ids": ids, "positions": positions, "logits": floats(logits_of(model, ids)[positions])}
        for ids, positions in rows
    ]


def greedy_rows(model, tokenizer):
    rows = []
    chat = tokenizer.apply_chat_template(CHATS[0], add_generation_prompt=True, tokenize=False)
    for text in ("The answer is", chat, "1 2 3"):
        ids = tokenizer(text)["input_ids"]
        continuation, lead = greedy(model, ids)
        rows.append({"text": text, "ids": ids, "continuation": continuation, "smallest_lead": floats(lead)})
    return rows


def make_logits(tokenizer):
    model, eager = load("sdpa", torch.float32), load("eager", torch.float32)
    model_bf16, eager_bf16 = load("sdpa", torch.bfloat16), load("eager", torch.bfloat16)
    ids = sequence(40, 40)
    return {
        "made_by": made_by(__file__, "torch", "transformers", "tokenizers"),
        "logits": logit_rows(model),
        "log_probs": {"ids": ids, "log_probs": floats(log_probs_of(model, ids))},
        "greedy": greedy_rows(model, tokenizer),
        "bfloat16": {
            "logits": logit_rows(model_bf16, [(17, [16]), (40, [39])]),
            "log_probs": {"ids": ids, "log_probs": floats(log_probs_of(model_bf16, ids))},
        },
        "logit_differences": {
            "float32_eager_sdpa": difference(model, eager),
            "bfloat16_eager_sdpa": difference(model_bf16, eager_bf16),
            "bfloat16_float32": difference(model_bf16, model),
        },
    }


def make_text(tokenizer):
    chats = [(chat, prompt) for chat in CHATS for prompt in (False, True)]
    return {
        "made_by": made_by(__file__, "transformers", "tokenizers"),
        "texts": [{"text": text, "ids": tokenizer(text)["input_ids"]} for text in TEXTS],
        "chats": [
            {
                "messages": chat,
                "add_generation_prompt": prompt,
                "text": tokenizer.apply_chat_template(chat, add_generation_prompt=prompt, tokenize=False),
                "ids": tokenizer.apply_chat_template(chat, add_generation_prompt=prompt)["input_ids"],
            }
            for chat, prompt in chats
        ],
    }


def main():
    shutil.rmtree(TINY_LLAMA, ignore_errors=True)
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(TINY_LLAMA)
    make_model(tokenizer).save_pretrained(TINY_LLAMA)
    saved = AutoTokenizer.from_pretrained(TINY_LLAMA)
    write_fixture(TINY_LLAMA / "text.json", make_text(saved))
    write_fixture(TINY_LLAMA / "logits.json", make_logits(saved))


if __name__ == "__main__":
    main()
