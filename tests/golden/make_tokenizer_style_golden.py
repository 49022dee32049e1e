"""Makes tests/fixtures/tokenizer_styles/: tiny tokenizers built as those of the chat model families are, and what
the `tokenizers` package makes of difficult strings with them.

    python tests/golden/make_tokenizer_style_golden.py

Trained on the text of make_tokenizer_golden.py; strings of tests/tokenizers/strings.py. Read by
src/text/tokenizer/styles_test.cpp; unicode.json by pre_tokenizer_test.cpp beside it and src/text/unicode/form_test.cpp.
Each rows.jsonl begins with the versions; in a row null means: decoded is the text (U+FFFD for what is no UTF-8),
text_ids are the ids, skipped is decoded.
"""
import json
import pathlib
import sys

from golden import FIXTURES, made_by
from make_tokenizer_golden import TEXT
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tokenizers"))
import strings  # noqa: E402

OUT = FIXTURES / "tokenizer_styles"
ROWS = 64
QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CL100K = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+")
CHAT = [AddedToken("<|im_start|>", special=True, normalized=False), AddedToken("<|im_end|>", special=True, normalized=False),
        AddedToken("<think>", special=False, normalized=False), AddedToken("<|im_start|>x", special=False, normalized=False)]


def train(tokenizer, size, alphabet=(), added=()):
    special = ["<unk>", "<s>", "</s>"]
    tokenizer.train_from_iterator([TEXT], trainers.BpeTrainer(vocab_size=size, initial_alphabet=list(alphabet),
                                                              show_progress=False, special_tokens=special))
    tokenizer.add_special_tokens([token for token in added if token.special])
    tokenizer.add_tokens([token for token in added if not token.special])
    return tokenizer


def byte_level(steps, normalizer=None, added=CHAT, size=420):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return train(tokenizer, size, pre_tokenizers.ByteLevel.alphabet(), added)


def sentence_piece(added, normalizer=None, pre_tokenizer=None, decoder=None, model=None, size=260):
    """Trained on words, then changed to what it is to be, with all bytes but 0xF0 in the vocabulary."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    train(tokenizer, size)
    described = json.loads(tokenizer.to_str())
    vocab = described["model"]["vocab"]
    for byte in range(256):
        if byte != 0xF0:
            vocab.setdefault(f"<0x{byte:02X}>", len(vocab))
    described["model"] |= model or {}
    tokenizer = Tokenizer.from_str(json.dumps(described | {"normalizer": None, "pre_tokenizer": None, "added_tokens": []}))
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoder or decoders.Sequence(steps)
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[
        (token, tokenizer.token_to_id(token)) for token in ("<s>", "</s>")])
    tokenizer.add_special_tokens([token for token in added if token.special])
    tokenizer.add_tokens([token for token in added if not token.special])
    return tokenizer


def special(content, **options):
    return AddedToken(content, special=True, **{"normalized": False} | options)


def plain(content, **options):
    return AddedToken(content, special=False, **{"normalized": False} | options)


def qwen_style():
    return byte_level([pre_tokenizers.Split(Regex(QWEN2), "isolated"),
                       pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)], normalizers.NFC())


def olmo_style():
    return byte_level([pre_tokenizers.Split(Regex(CL100K), "isolated"),
                       pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def falcon_style():
    return byte_level([pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.ByteLevel(add_prefix_space=False),
                       pre_tokenizers.Digits(), pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated")])


def mistral_style():
    """The mark only at the begin of the input; Mistral's control tokens."""
    added = [special("<unk>"), special("<s>"), special("</s>"), special("[INST]"), special("[/INST]")]
    return sentence_piece(added, pre_tokenizer=pre_tokenizers.Metaspace("▁", "first", split=False))


def phi3_style():
    """Tokens that take white space along, and a special one that is found after normalization."""
    added = [special("<unk>"), special("<s>", normalized=True), special("</s>", rstrip=True), special("<|user|>", rstrip=True),
             special("<|end|>", rstrip=True, lstrip=True), plain("<word>", single_word=True), plain("best answer", normalized=True)]
    return sentence_piece(added, normalizer=normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]))


def gemma_style():
    """Many added tokens: runs of line feeds, tabs and marks, tags."""
    added = [special(token) for token in ("<unk>", "<s>", "</s>", "<start_of_turn>", "<end_of_turn>")]
    added += [plain(mark * n) for mark in "\n\t▁" for n in range(2, 20)] + [plain(f"<unused{n}>") for n in range(30)]
    decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return sentence_piece(added, normalizer=normalizers.Replace(" ", "▁"), decoder=decoder,
                          pre_tokenizer=pre_tokenizers.Split(" ", "merged_with_previous"))


def metaspace_style():
    """NFKC, and words cut before each mark; unknown tokens one by one, no bytes."""
    tokenizer = sentence_piece([special("<unk>"), special("<s>"), special("</s>"), special("<mask>", lstrip=True), plain("<x>")],
                               normalizer=normalizers.NFKC(), decoder=decoders.Metaspace("▁", "always", split=True),
                               pre_tokenizer=pre_tokenizers.Metaspace("▁", "always", split=True),
                               model={"byte_fallback": False, "fuse_unk": False})
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 1), trim_offsets=True, add_prefix_space=False)
    return tokenizer


def words_style():
    """Strip, NFKD and words without spaces; decoded with a space between tokens."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Strip(), normalizers.NFKD()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Whitespace(),
                                                       pre_tokenizers.Digits(individual_digits=True)])
    return train(tokenizer, 400, added=CHAT)


STYLES = [qwen_style, olmo_style, falcon_style, mistral_style, phi3_style, gemma_style, metaspace_style, words_style]


def row(expected, raw):
    of = expected(raw)
    text = of["text"]
    is_text = text.encode() == raw
    return {"text" if is_text else "hex": text if is_text else raw.hex(), "ids": of["ids"],
            "text_ids": None if of["text_ids"] == of["ids"] else of["text_ids"],
            "decoded": None if of["decoded"] == text else of["decoded"],
            "skipped": None if of["skipped"] == of["decoded"] else of["skipped"]}


# Characters of young and old versions of Unicode, on which libraries differ.
FORM_TEXTS = ["e\u0315\u0898\u0334", "e\u0315\u0301\u0334", "\u1112\u1161\u11ab \uac00\u11a8", "\ufb01\u00bd\u32ff\u2460",
              "\U00011935\U00011930", "A\u030a\u212b\ufdfa", "\u0301a\u0898\u0301\u0323e\u0301"]
CLASS_TEXT = "a,\U00014158< \u166d\u2e52 \U000105c0\u0301 \u3001\u6f22 \U00011de0x\u00b2_\u200d"
CLASS_PATTERNS = [r"\p{L}+", r"\p{Han}+", r"\w+", r"[\w]+", r"\W+", r"[^\p{L}\p{M}]+", r"\P{L}+", r"\d", r"\D+", r"\p{S}"]


def unicode_golden():
    forms = {form: [getattr(normalizers, form)().normalize_str(text) for text in FORM_TEXTS]
             for form in ("NFC", "NFD", "NFKC", "NFKD")}
    steps = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in CLASS_PATTERNS]
    steps += [pre_tokenizers.Punctuation(), pre_tokenizers.Whitespace(), pre_tokenizers.Digits(), pre_tokenizers.WhitespaceSplit()]
    pieces = [{"json": json.loads(step.__getstate__()), "pieces": [piece for piece, _ in step.pre_tokenize_str(CLASS_TEXT)]}
              for step in steps]
    return {"made_by": made_by(__file__, "tokenizers"), "form_texts": FORM_TEXTS, "forms": forms,
            "class_text": CLASS_TEXT, "classes": pieces}


def main():
    text = json.dumps(unicode_golden(), ensure_ascii=True, indent=1)
    (OUT / "unicode.json").write_text(text + "\n", encoding="utf-8")
    for seed, make in enumerate(STYLES):
        tokenizer, folder = make(), OUT / make.__name__
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        added = sorted(token.content for token in tokenizer.get_added_tokens_decoder().values())
        rows = [raw for raw in strings.rows(3 * ROWS, seed, added) if len(raw) <= 150][:ROWS]
        first = made_by(__file__, "tokenizers") | {"with_special": tokenizer.encode("Hi there", add_special_tokens=True).ids}
        expected = strings.expected(tokenizer)
        lines = [first] + [row(expected, raw) for raw in rows]
        text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
        (folder / "rows.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
