"""Difficult strings for comparing tokenizers: rows(count, seed, added) -> bytes, the same for the same arguments.
expected(tokenizer) -> a function from bytes to what the package makes of them."""
import json
import random
import unicodedata

from tokenizers import Tokenizer

WORDS = """the model answers questions I'm you're they'd we'll don't IT'S can't o'clock it’s naïve café größer Ångström
Привет мир КАК дела здравствуйте Ελληνικά γλώσσα ΟΔΟΣ 你好 世界 朋友 こんにちは カタカナ 안녕하세요 세계 नमस्ते दुनिया क्षत्रिय
สวัสดีชาวโลก ភាសាខ្មែរ សួស្តី שלום עולם مرحبا بالعالم اردو தமிழ் বাংলা ქართული Հայերեն አማርኛ ᏣᎳᎩ Tiếng Việt ﬁnance ﷺ ½ Ⅷ ①
def return import self.x == != <= => -> // /* */ #include <div class="a"> {"key": [1, 2]} SELECT * FROM f(x); x**2
https://example.org/a?b=c&d=1#e user@example.com C:\\\\dir 3.14159 1,000,000 12345678 0x1F ٣٤٥ ៣៥ 一二三 1e-5""".split()
EMOJI = ["🙂", "👩‍👩‍👧", "🇰🇭", "👍🏽", "❤️", "☃", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🧑🏿‍🚀", "\U0001fae8", "⌚︎"]
MARKS = ["\u0301", "\u0308", "\u0323", "\u0327", "\u0345", "\u094d", "\u3099", "\u20dd", "\u200d", "\u200c", "\u17d2", "\u05b0"]
SPACES = [" ", "\n", "\t", "\r\n", "\u00a0", "\u3000", "\u2003", "\u2028", "\u0085", "\u180e", "\u200b", "\ufeff", "▁", "\x0b", "\x1c"]
PARTS = ["<|", "|>", "<|im_", "<|end", "<s", "</s", ">", "[INST", "[/INST]", "<0x0A>", "<0xE2>", "<unk>", "<s>", "</s>", "Ġ", "Ċ", "▁"]
HANGUL, CONJOINING = range(0xAC00, 0xD7A4), range(0x1100, 0x1200)


def any_character(draw):
    planes = [range(0, 0x100), range(0x100, 0x3000), range(0x3000, 0x10000), range(0x10000, 0x20000),
              range(0x20000, 0x110000), HANGUL, CONJOINING, range(0x300, 0x370), range(0xF900, 0xFB00)]
    while True:
        code = draw.choice(draw.choice(planes))
        if not 0xD800 <= code < 0xE000:
            return chr(code)


def assigned_character(draw):
    while True:
        character = any_character(draw)
        if unicodedata.category(character) not in ("Cn", "Co"):
            return character


def run(draw, choices, most):
    return draw.choice(choices) * draw.choice([1, 1, 2, 3, 4, 8, draw.randrange(1, most)])


def part(draw, added):
    kind = draw.randrange(14)
    if kind < 4:
        return draw.choice(["", " ", " ", "  "]) + draw.choice(WORDS)
    return [lambda: run(draw, SPACES[:4], 40), lambda: run(draw, SPACES, 4), lambda: draw.choice(EMOJI),
            lambda: draw.choice(WORDS) + run(draw, MARKS, 4), lambda: chr(draw.randrange(0x20)),
            lambda: str(draw.randrange(10 ** draw.randrange(1, 12))), lambda: "".join(any_character(draw) for _ in range(4)),
            lambda: "".join(assigned_character(draw) for _ in range(4)), lambda: draw.choice(PARTS),
            lambda: draw.choice(added or PARTS) + draw.choice(["", "", " ", "\n", "  x"])][kind - 4]()


def rows(count, seed, added):
    """A tenth has bytes that are no UTF-8."""
    draw = random.Random(seed)
    for _ in range(count):
        text = "".join(part(draw, added) for _ in range(draw.choice([1, 1, 2, 3, 5, 8, 13, 30]))).encode()
        if draw.random() < 0.1:
            at = draw.randrange(len(text) + 1)
            text = text[:at] + draw.choice([b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x99", b"\xed\xa0\x80", b"\x80"]) + text[at:]
        yield text


def expected(tokenizer):
    """Ids, ids with no special token recognised, both decodings. Decoding is that of tokenizers 0.22 and selfreward: an
    added token is written as its content; 0.23 writes one that has "normalized" in its normalized spelling."""
    described = json.loads(tokenizer.to_str())
    for token in described["added_tokens"]:
        token["normalized"] = False
    decoder = Tokenizer.from_str(json.dumps(described))

    def of(raw):
        text = raw.decode("utf-8", errors="replace")
        tokenizer.encode_special_tokens = False
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        tokenizer.encode_special_tokens = True
        return {"text": text, "ids": ids, "text_ids": tokenizer.encode(text, add_special_tokens=False).ids,
                "decoded": decoder.decode(ids, skip_special_tokens=False),
                "skipped": decoder.decode(ids, skip_special_tokens=True)}
    return of
