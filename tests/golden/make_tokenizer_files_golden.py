"""Makes tests/fixtures/tokenizer_files.json: what transformers reads out of the files of a tokenizer taken together (special
tokens, added tokens, chat templates), and where the `tokenizers` package finds tokens that strip the same spaces.

    python tests/golden/make_tokenizer_files_golden.py

Read by src/text/chat/tokenizer_files_test.cpp. Each case is tokenizer.json, the same for all but for its added tokens,
with other files beside it. The versions are printed and stored.
"""
import json
import tempfile
from pathlib import Path

from golden import FIXTURES, made_by, write_fixture
from tokenizers import AddedToken, Tokenizer
from transformers import AutoTokenizer

LETTERS = list("abhilmortuxy<>|") + ["Ġ", "Ċ", "hi", "<|old|>"]
BASE = {
    "version": "1.0",
    "model": {"type": "BPE", "vocab": {token: i for i, token in enumerate(LETTERS)}, "merges": ["h i"]},
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
    "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    "added_tokens": [],
}


def token(content, **marks):
    return {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True} | marks


BOS, END = token("<b>"), token("<|x|>")
PLAIN = {"tokenizer_class": "PreTrainedTokenizerFast"}
CHAT = "{% for m in messages %}{{ m.content }}{% endfor %}"
LIST = [{"name": "default", "template": "hi" + CHAT}, {"name": "tool_use", "template": "{% if tools %}tool{% endif %}" + CHAT},
        {"name": "rag", "template": "rag" + CHAT}]
TEXTS = ["hi<b>hi<|x|>", "a <b> b", "ab <|x|> b", "<|old|>", "x<|y|>x", "<m>hi"]
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {}}}]

CASES = {
    "names in special_tokens_map.json alone": dict(
        added=[BOS, END], files={"tokenizer_config.json": PLAIN, "special_tokens_map.json": {"bos_token": BOS, "eos_token": "<|x|>"}}),
    "special_tokens_map.json goes before tokenizer_config.json": dict(
        added=[BOS, END], files={"tokenizer_config.json": PLAIN | {"bos_token": "<|x|>", "pad_token": "<b>"},
                                 "special_tokens_map.json": {"bos_token": "<b>"}}),
    "but not where there is added_tokens_decoder": dict(
        added=[BOS, END], files={"tokenizer_config.json": PLAIN | {"bos_token": "<|x|>", "added_tokens_decoder": {"19": BOS, "20": END}},
                                 "special_tokens_map.json": {"bos_token": "<b>", "eos_token": "<|x|>"}}),
    "added_tokens_decoder adds a token, and changes the marks of another": dict(
        added=[token("<b>", special=False)],
        files={"tokenizer_config.json": PLAIN | {"added_tokens_decoder": {"19": token("<b>", lstrip=True), "20": END}}}),
    "what is special in tokenizer.json stays it": dict(
        added=[BOS], files={"tokenizer_config.json": PLAIN | {"added_tokens_decoder": {"19": token("<b>", special=False)}}}),
    "added_tokens.json adds a token": dict(
        added=[BOS], files={"tokenizer_config.json": PLAIN | {"eos_token": "<|x|>"}, "added_tokens.json": {"<|x|>": 20, "<|y|>": 21}}),
    "names that are no added tokens become them, in their order": dict(
        added=[], files={"tokenizer_config.json": PLAIN | {"pad_token": "<|y|>", "eos_token": "<|old|>", "image_token": "<m>", "bos_token": "<b>"}}),
    "a list of extra special tokens": dict(
        added=[BOS], files={"tokenizer_config.json": PLAIN | {"bos_token": "<b>", "extra_special_tokens": ["<|x|>", "<b>"]}}),
    "extra special tokens with names": dict(
        added=[BOS], files={"tokenizer_config.json": PLAIN | {"extra_special_tokens": {"image_token": "<m>", "end": "<|x|>"}}}),
    "additional_special_tokens, the older name": dict(
        added=[BOS], files={"tokenizer_config.json": PLAIN | {"additional_special_tokens": ["<|x|>", "<|y|>"]}}),
    "extra before additional": dict(
        added=[BOS], files={"tokenizer_config.json": PLAIN | {"additional_special_tokens": ["<|x|>"], "extra_special_tokens": ["<|y|>"]}}),
    "additional_special_tokens of special_tokens_map.json": dict(
        added=[BOS], files={"tokenizer_config.json": PLAIN, "special_tokens_map.json": {"additional_special_tokens": ["<|x|>"]}}),
    "templates with names in the settings": dict(added=[], files={"tokenizer_config.json": PLAIN | {"chat_template": LIST}}),
    "a template file goes before the settings": dict(
        added=[], files={"tokenizer_config.json": PLAIN | {"chat_template": LIST}, "chat_template.jinja": "x" + CHAT}),
    "templates with names as files": dict(
        added=[], files={"tokenizer_config.json": PLAIN, "chat_template.jinja": "x" + CHAT,
                         "additional_chat_templates/tool_use.jinja": "too{{ tools | length }}" + CHAT}),
}

STRIPPED = [
    ([token("\n\n", lstrip=True, rstrip=True)], ["a\n\n\n\nb", "a\n\n\n\n\n\nb", "\n\n\n\n", "a\n\nb\n\n \n\nb"]),
    ([token("\n\n", rstrip=True)], ["a\n\n\n\n\n\nb"]),
    ([token("\n\n", lstrip=True)], ["a\n\n\n\n\n\nb"]),
    ([token("\n\n", rstrip=True), token("  ", lstrip=True)], ["a\n\n\n  b"]),
    ([token("\n\n", rstrip=True), token("  ")], ["a\n\n\n  b", "a\n\n\n  \n\nb"]),
    ([token("\n\n", rstrip=True), token("  ", lstrip=True, rstrip=True)], ["a\n\n\n  \n\nb"]),
    ([token("<b>", rstrip=True), token(" ", lstrip=True, rstrip=True)], ["a<b>   b<b> a"]),
]


def with_tokens(added):
    return BASE | {"added_tokens": [{"id": len(LETTERS) + i} | entry for i, entry in enumerate(added)]}


def rendered(tokenizer, **inputs):
    return tokenizer.apply_chat_template([{"role": "user", "content": "hi"}], tokenize=False, **inputs)


def case(title, added, files):
    with tempfile.TemporaryDirectory() as name:
        for path, content in ({"tokenizer.json": with_tokens(added)} | files).items():
            (Path(name) / path).parent.mkdir(exist_ok=True)
            (Path(name) / path).write_text(content if isinstance(content, str) else json.dumps(content))
        tokenizer = AutoTokenizer.from_pretrained(name)
    row = {"title": title, "added_tokens": with_tokens(added)["added_tokens"], "files": files, "named": tokenizer.special_tokens_map}
    ids = [tokenizer.encode(text, add_special_tokens=False) for text in TEXTS]
    row["rows"] = [{"text": text, "ids": found, "skipped": tokenizer.decode(found, skip_special_tokens=True)} for text, found in zip(TEXTS, ids)]
    if tokenizer.chat_template:
        row |= {"chat": rendered(tokenizer), "chat_with_tools": rendered(tokenizer, tools=TOOLS)}
    return row


def stripped(added, texts):
    tokenizer = Tokenizer.from_str(json.dumps(with_tokens(added)))
    return {"added_tokens": with_tokens(added)["added_tokens"], "rows": [{"text": text, "ids": tokenizer.encode(text).ids} for text in texts]}


write_fixture(FIXTURES / "tokenizer_files.json", {
    "made_by": made_by(__file__, "tokenizers", "transformers"), "tokenizer": BASE, "tools": TOOLS,
    "cases": [case(title, **what) for title, what in CASES.items()], "stripped": [stripped(*row) for row in STRIPPED]})
