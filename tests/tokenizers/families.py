"""Writes a tokenizer.json for each family of chat models, with a real vocabulary and the family's own structure.

    python tests/tokenizers/families.py OUT [NAME ...]

Vocabularies come from llama.cpp's models/ggml-vocab-*.gguf (LLAMA_SRC; the sdist of llama-cpp-python 0.3.36 has
them), from ../shared/data/tokenizers and from SmolLM2 (scripts/fetch-smollm2, selfreward import). A family whose
source is absent is skipped. Nothing of this is kept in the repository.
"""
import json
import os
import pathlib
import sys

from gguf import GGUFReader
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = pathlib.Path(os.environ.get("SELFREWARD_CACHE") or "~/.cache/selfreward").expanduser()
LLAMA = pathlib.Path(os.environ.get("LLAMA_SRC") or CACHE / "bench/llama_cpp_python-0.3.36/vendor/llama.cpp")
NORMAL, UNKNOWN, CONTROL, USER_DEFINED = 1, 2, 3, 4

# How the published tokenizer.json files cut text.
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = (CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
QWEN35 = (CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]"
          r"|\s+(?!\S)|\s+")
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
TEKKEN = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
          r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
          r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")


class Vocabulary:
    """Tokens, types, merges and scores of a ggml-vocab file."""

    def __init__(self, name):
        reader = GGUFReader(LLAMA / f"models/ggml-vocab-{name}.gguf")
        read = lambda key: reader.fields[key].contents() if key in reader.fields else None
        self.tokens = read("tokenizer.ggml.tokens")
        self.types = read("tokenizer.ggml.token_type") or [NORMAL] * len(self.tokens)
        self.scores = read("tokenizer.ggml.scores")
        merges = read("tokenizer.ggml.merges")
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.merges = [tuple(merge.split(" ", 1)) for merge in merges] if merges else self.merges_of_scores()
        self.merges = [pair for pair in self.merges if {*pair, "".join(pair)} <= self.ids.keys()]

    def merges_of_scores(self):
        """Every way to cut a piece into two is a merge; the higher a piece's score, the earlier."""
        pieces = {token for token, kind in zip(self.tokens, self.types) if kind in (NORMAL, USER_DEFINED)}
        found = [(token[:i], token[i:]) for token in pieces for i in range(1, len(token))
                 if token[:i] in pieces and token[i:] in pieces]
        return sorted(found, key=lambda pair: (-self.scores[self.ids["".join(pair)]], self.ids[pair[0]], self.ids[pair[1]]))

    def without_last_added(self):
        """The vocabulary of the model: added tokens at the end of it are not part of it, as in published files."""
        size = len(self.tokens)
        while self.types[size - 1] in (CONTROL, USER_DEFINED):
            size -= 1
        return {token: i for token, i in self.ids.items() if i < size}

    def add_tokens(self, tokenizer, **options):
        """Control tokens as special, user-defined ones as plain added tokens."""
        for kind, special in ((CONTROL, True), (UNKNOWN, True), (USER_DEFINED, False)):
            tokens = [token for token, its_kind in zip(self.tokens, self.types) if its_kind == kind and token]
            add = tokenizer.add_special_tokens if special else tokenizer.add_tokens
            add([AddedToken(token, special=special, normalized=False, **options) for token in tokens])


def byte_level(source, pattern=None, first=None, normalizer=None, use_regex=False, bos=None, **options):
    vocabulary = Vocabulary(source)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary.without_last_added(), merges=vocabulary.merges, **options))
    tokenizer.normalizer = normalizer
    split = [pre_tokenizers.Split(Regex(pattern), "isolated")] if pattern else []
    steps = (first or []) + split + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps) if len(steps) > 1 else steps[0]
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    add_at_their_ids(tokenizer, vocabulary)
    if bos:
        template = processors.TemplateProcessing(single=f"{bos} $A", pair=f"{bos} $A {bos} $B",
                                                 special_tokens=[(bos, tokenizer.token_to_id(bos))])
        tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template])
    return tokenizer


def add_at_their_ids(tokenizer, vocabulary):
    """Added tokens outside of the model's vocabulary get ids one after the other, so they come in their order."""
    for token, kind in zip(vocabulary.tokens, vocabulary.types):
        if kind not in (CONTROL, USER_DEFINED) or not token:
            continue
        special = kind == CONTROL
        added = AddedToken(token, special=special, normalized=False)
        (tokenizer.add_special_tokens if special else tokenizer.add_tokens)([added])


def sentence_piece(source, normalizer=None, pre_tokenizer=None, strip=True, bos="<s>", rstrip=False):
    vocabulary = Vocabulary(source)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary.ids, merges=vocabulary.merges, unk_token="<unk>", fuse_unk=True,
                                     byte_fallback=True))
    tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence(steps + ([decoders.Strip(" ", 1, 0)] if strip else []))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, tokenizer.token_to_id(bos))])
    vocabulary.add_tokens(tokenizer, rstrip=rstrip)
    return tokenizer


def saved(path):
    def load():
        if not path.exists():
            raise FileNotFoundError(path)
        return Tokenizer.from_file(str(path))
    return load


def legacy():
    return normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])


def metaspace(scheme, split=False):
    return pre_tokenizers.Metaspace("▁", prepend_scheme=scheme, split=split)


def digits():
    return [pre_tokenizers.Digits(individual_digits=True)]


def falcon_steps():
    return [pre_tokenizers.Punctuation("contiguous")]


SHARED = ROOT.parent / "shared/data/tokenizers"
FAMILIES = {
    "gpt2": saved(SHARED / "gpt2/tokenizer.json"),
    "llama-2": saved(SHARED / "llama2/tokenizer.json"),
    "llama-2-v5": lambda: sentence_piece("llama-spm", pre_tokenizer=metaspace("always")),
    "llama-3": lambda: byte_level("llama-bpe", LLAMA3, ignore_merges=True, bos="<|begin_of_text|>"),
    "mistral-0.1": lambda: sentence_piece("llama-spm", normalizer=legacy()),
    "mistral-0.3": lambda: sentence_piece("llama-spm", pre_tokenizer=metaspace("first")),
    "mistral-nemo": lambda: byte_level("llama-bpe", TEKKEN, ignore_merges=True),
    "qwen-2": lambda: byte_level("qwen2", QWEN2, normalizer=normalizers.NFC()),
    "qwen-3.5": lambda: byte_level("qwen35", QWEN35, normalizer=normalizers.NFC()),
    "smollm-2": saved(CACHE / "smollm2/hf/tokenizer.json"),
    "gemma": lambda: sentence_piece("gemma-4", normalizer=normalizers.Replace(" ", "▁"), strip=False, bos="<bos>",
                                    pre_tokenizer=pre_tokenizers.Split(" ", "merged_with_previous")),
    "phi-3": lambda: sentence_piece("phi-3", normalizer=legacy(), rstrip=True),
    "phi-4": lambda: byte_level("qwen2", CL100K),
    "olmo-2": lambda: byte_level("gpt-neox", CL100K),
    "gpt-oss": lambda: byte_level("llama-bpe", O200K),
    "gpt-neox": lambda: byte_level("gpt-neox", normalizer=normalizers.NFC(), use_regex=True),
    "command-r": lambda: byte_level("command-r", first=digits(), normalizer=normalizers.NFC(), use_regex=True),
    "starcoder": lambda: byte_level("starcoder", first=digits(), use_regex=True),
    "deepseek-coder": lambda: byte_level("deepseek-coder", first=[
        pre_tokenizers.Split(Regex(r"[\r\n]"), "isolated"), pre_tokenizers.Split(Regex(r"\s?\p{L}+"), "isolated"),
        pre_tokenizers.Split(Regex(r"\s?\p{P}+"), "isolated"),
        pre_tokenizers.Split(Regex(r"[一-龥ࠀ-一가-퟿]+"), "isolated"), *digits()]),
    "falcon": lambda: byte_level("falcon", first=falcon_steps(), use_regex=True),
    "mpt": lambda: byte_level("mpt", normalizer=normalizers.NFC(), use_regex=True),
    "minimind": saved(SHARED / "minimind/tokenizer.json"),
}


def write(out, names=()):
    """The families that were written."""
    written = []
    for name in names or FAMILIES:
        path = pathlib.Path(out) / name / "tokenizer.json"
        written.append(name)
        if path.exists():
            continue
        try:
            tokenizer = FAMILIES[name]()
        except FileNotFoundError as error:
            print(f"{name}: skipped, {error} is absent")
            written.pop()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(path))
    return written


if __name__ == "__main__":
    print("\n".join(write(sys.argv[1], sys.argv[2:])))
