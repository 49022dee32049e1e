"""Makes tests/fixtures/tokenizer/: four tiny tokenizers trained on the text below, and what the `tokenizers`
package makes of difficult strings with them.

    python tests/golden/make_tokenizer_golden.py

Read by tokenizer_test.cpp and pre_tokenizer_test.cpp of src/text/tokenizer/, and by src/text/unicode/utf8_test.cpp.
The versions are printed and stored.
"""
import json
import random

from golden import FIXTURES, made_by
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = FIXTURES / "tokenizer"

TEXT = """
The model writes a question, answers it four times and then scores its own answers from 0 to 5.
It's the judge's reply that we can't trust: they'll say "Score: 5", we've seen 3 of 10 replies like that.
I'd rather count 12 apples, 345 pears and 6789 plums than one; don't you think so, and what'd she say?
def add(a, b):\n    return a + b\n\n\nfor i in range(100):\n        print(i, i ** 2, "done")\n
Le café était fermé, naïve façade; größer, schöner, weiter. Привет, мир! Как дела? Привет, мир!
សួស្តី ពិភពលោក។ សួស្តី ពិភពលោក។ 你好，世界。你好，朋友。こんにちは世界。안녕하세요 세계.
Emoji 🙂 and 🙂🙂 and 👩‍👩‍👧 and 🇰🇭; spaces   three    four     five; a tab\there and\ttwo.\r\nWindows line.\r\n
The answer is the best answer when the other answers are worse than the answer; the end, then the rest.
"""

STRINGS = [
    "", " ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n ", "a", " a", "a ", "  a  b   c    ",
    "The model's answers don't trust they'll we've I'd I'm you're IT'S DON'T it\u2019s 'sweet 'tis",
    "'s't're've'm'll'd '''s", "THE answer: the ANSWER.", "Score: 5/5", "0 12 345 6789 1234567890 3.14159 1,000,000 1e-5",
    "½ ² ٣٤٥ ៣៥ Ⅷ ① 一二三", "x=1;y=22;z=333", "def f(x):\n    return x\n\n\n\tg(x)  # done\n",
    "trailing spaces    ", "    leading", "line one  \n  line two\n\n\n   line three\r\n", "\n \n  \n   x",
    "tab\t\ttwo \t mixed\t", "a\u00a0b\u2003c\u3000d\u180ee\u200bf\u2028g\x85h", "\x00\x01\x02\x1b[0m\x7f\x1c\x1f",
    "café naïve größer ÅÉÎ", "cafe\u0301 n\u0303 a\u0308\u0323", "Привет, мир! ПРИВЕТ", "你好，世界。こんにちは안녕하세요",
    "សួស្តី ពិភពលោក។", "नमस्ते दुनिया", "שלום עולם مرحبا ١٢٣", "สวัสดีชาวโลก",
    "🙂🙂 👩‍👩‍👧 🇰🇭 👍🏽 ❤️ ☃", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𒀀 \U0010fffd", "mixed Привет你好hello123សួស្តី!?",
    "!!!??? ... --- ((())) [x]{y}<z> @#$%^&*", "https://example.org/a?b=c&d=1#e", "a_b-c.d/e\\f|g~h`i",
    "<|user|>Hi<|end|>\n<|assistant|>", "<|end|><|end|>", "<|end", "a<|end|>b <|end|> c", "<|endless|> <|end|>|>",
    "x  <mask>  y", "x<mask>y", "x  <tail>  y", "x\n<tail>\n\ny", "<tail>", "a <word> b", "a<word>b", "(<word>)", "_<word>",
    "a <word><word> b", "é<word>", "  <mask><tail>  <mask>  ", "Merge me", "  Merge  me", "xMerge mex", " merge me",
    "ĠhelloĊ Ġ", "<0x41><0xE2>", "▁ ▁▁a", "\ufffd\ufeff", "supercalifragilisticexpialidocious", "a" * 60, " " * 40, "ab" * 20,
    "ſ'ſ 'S 'LL 'Ve K", "answer\u0308s, answers'", "don\u02bct",
]

INVALID = [
    b"abc", b"a\xffb", b"\xc3", b"\xc3(", b"\xe2\x82", b"\xe2\x82x", b"\xe2\x28\xa1", b"\xf0\x9f\x99", b"\xf0\x9f\x99\xf0\x9f\x99\x82",
    b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf5\x80", b"\x80\x80", b"\xf0\x80\x80\x80", b"\xfe\xff",
    b"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", b"ok \xe1\x9e\x9f\xe1\x9e", b"\xc3\xa9\xc3",
]

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")

SPLITS = [(pattern, behavior, invert)
          for pattern in ("..", {"Regex": r"\w*"}, {"Regex": r"(?<=,)\s|[.,]"})
          for behavior in ("isolated", "removed", "merged_with_previous", "merged_with_next", "contiguous")
          for invert in (False, True)]
SPLIT_TEXT = " a,  b..c, 12.3é\u180e\u200d__"

ADDED = [
    AddedToken("<|user|>", special=True, normalized=False), AddedToken("<|assistant|>", special=True, normalized=False),
    AddedToken("<|end|>", special=True, normalized=False), AddedToken("<|endless|>", special=False, normalized=False),
    AddedToken("<mask>", special=True, normalized=False, lstrip=True), AddedToken("<tail>", special=False, normalized=False, rstrip=True),
    AddedToken("<word>", special=False, normalized=False, single_word=True), AddedToken("Merge me", special=False, normalized=True),
]


def train(tokenizer, vocab_size, alphabet):
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, initial_alphabet=alphabet, show_progress=False,
                                  special_tokens=["<unk>", "<s>"] if tokenizer.model.unk_token else ["<|endoftext|>"])
    tokenizer.train_from_iterator([TEXT], trainer)
    tokenizer.add_special_tokens([token for token in ADDED if token.special])
    tokenizer.add_tokens([token for token in ADDED if not token.special])
    return tokenizer


def byte_level(pre_tokenizer, vocab_size=360, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    return train(tokenizer, vocab_size, pre_tokenizers.ByteLevel.alphabet())


def gpt2_style():
    tokenizer = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True))
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def smollm_style():
    return byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False)]))


def llama3_style():
    tokenizer = byte_level(pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
                                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))
    # A whole word that no merge makes: only ignore_merges finds it.
    described = json.loads(tokenizer.to_str())
    described["model"]["ignore_merges"] = True
    vocab = described["model"]["vocab"]
    for word in ("Ġsupercali", "supercalifragilisticexpialidocious", "ĠMerge"):
        vocab[word] = len(vocab)
    tokenizer = Tokenizer.from_str(json.dumps(described))
    begin = tokenizer.token_to_id("<|endoftext|>")
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|endoftext|> $A <|end|>", pair="$A $B", special_tokens=[
            ("<|endoftext|>", begin), ("<|end|>", tokenizer.token_to_id("<|end|>"))])])
    return tokenizer


def llama2_style():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")  # for training only: words, not one long line
    train(tokenizer, 180, [])
    described = json.loads(tokenizer.to_str())
    described["pre_tokenizer"] = None
    # Bytes for the characters that are not in the vocabulary; without 0xF0, so that some stay unknown.
    vocab = described["model"]["vocab"]
    for byte in range(256):
        if byte != 0xF0:
            vocab[f"<0x{byte:02X}>"] = len(vocab)
    tokenizer = Tokenizer.from_str(json.dumps(described))
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A $B",
                                                             special_tokens=[("<s>", tokenizer.token_to_id("<s>"))])
    return tokenizer


def random_ids(tokenizer, count):
    """Without the token that is found after normalization: tokenizers 0.23 decodes it as normalized ("▁Merge▁me"),
    0.22 and selfreward as it is written."""
    draw = random.Random(2401)
    ids = sorted(set(tokenizer.get_vocab().values()) - {tokenizer.token_to_id("Merge me")})
    return [[draw.choice(ids) for _ in range(draw.randrange(1, 12))] for _ in range(count)]


def golden(tokenizer):
    rows = [tokenizer.encode(text, add_special_tokens=False).ids for text in STRINGS]
    backs = [tokenizer.decode(ids, skip_special_tokens=False) for ids in rows]
    return {
        "ids": rows,
        "with_special": tokenizer.encode("Hi there", add_special_tokens=True).ids,
        # null: the string itself
        "round_trip": [None if back == text else back for text, back in zip(STRINGS, backs)],
        "random_ids": (ids := random_ids(tokenizer, 12)),
        "decoded": [tokenizer.decode(row, skip_special_tokens=False) for row in ids],
        "decoded_skipping": [tokenizer.decode(row, skip_special_tokens=True) for row in ids],
    }


def split_case(pattern, behavior, invert):
    as_json = pattern if isinstance(pattern, dict) else {"String": pattern}
    live = Regex(pattern["Regex"]) if isinstance(pattern, dict) else pattern
    pieces = pre_tokenizers.Split(live, behavior, invert).pre_tokenize_str(SPLIT_TEXT)
    name = "".join(word.capitalize() for word in behavior.split("_"))
    return {"pattern": as_json, "behavior": name, "invert": invert, "pieces": [piece for piece, _ in pieces]}


def main():
    result = {"made_by": made_by(__file__, "tokenizers"), "strings": STRINGS, "tokenizers": {},
              "split_text": SPLIT_TEXT, "splits": [split_case(*case) for case in SPLITS],
              "invalid": [[raw.hex(), raw.decode("utf-8", errors="replace")] for raw in INVALID]}
    for make in (gpt2_style, smollm_style, llama3_style, llama2_style):
        tokenizer = make()
        path = OUT / make.__name__ / "tokenizer.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(path), pretty=False)
        result["tokenizers"][make.__name__] = golden(tokenizer)
    text = json.dumps(result, ensure_ascii=False, separators=(",", ":")).replace("],[", "],\n[").replace("},{", "},\n{")
    assert json.loads(text) == result, "the line breaks changed a value"
    (OUT / "golden.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
