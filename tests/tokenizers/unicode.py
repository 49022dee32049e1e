"""Where the `tokenizers` package and the libraries under our tokenizer (utf8proc, PCRE2) know different Unicode.

    python tests/tokenizers/unicode.py [forms]

Goes through every code point: the classes that pre-tokenizers use (the table in src/text/tokenizer/split_pattern.cpp), and with
"forms" the normalization forms and canonical ordering (the table in src/text/unicode/form.cpp).
"""
import ctypes
import ctypes.util
import sys

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

CODES = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
STABLE, COMPAT, COMPOSE, DECOMPOSE = 2, 4, 8, 16
FORMS = {"NFC": STABLE | COMPOSE, "NFD": STABLE | DECOMPOSE, "NFKC": STABLE | COMPOSE | COMPAT,
         "NFKD": STABLE | DECOMPOSE | COMPAT}
CLASSES = {name: rf"\p{{{name}}}" for name in ("L", "N", "M", "P", "S", "Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Han")}
UTF, UCP = 0x00080000, 0x00020000

utf8proc, pcre2, libc = (ctypes.CDLL(ctypes.util.find_library(name)) for name in ("utf8proc", "pcre2-8", "c"))
utf8proc.utf8proc_version.restype = utf8proc.utf8proc_unicode_version.restype = ctypes.c_char_p
utf8proc.utf8proc_map.restype = ctypes.c_ssize_t
utf8proc.utf8proc_map.argtypes = [ctypes.c_char_p, ctypes.c_ssize_t, ctypes.POINTER(ctypes.c_void_p), ctypes.c_int]
libc.free.argtypes = [ctypes.c_void_p]
pcre2.pcre2_compile_8.restype = pcre2.pcre2_match_data_create_8.restype = ctypes.c_void_p
pcre2.pcre2_match_data_create_8.argtypes = [ctypes.c_uint32, ctypes.c_void_p]
pcre2.pcre2_compile_8.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
pcre2.pcre2_match_8.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_uint32,
                                ctypes.c_void_p, ctypes.c_void_p]


def ours(text, options):
    raw, out = text.encode(), ctypes.c_void_p()
    size = utf8proc.utf8proc_map(raw, len(raw), ctypes.byref(out), options)
    result = ctypes.string_at(out, size).decode()
    libc.free(out)
    return result


def form_differences(form):
    theirs = getattr(normalizers, form)()
    # A mark between U+0315 and U+0334, which come late and early in canonical order, shows whether it is known.
    return [code for code in CODES if any(theirs.normalize_str(text) != ours(text, FORMS[form])
                                          for text in (chr(code), f"e\u0315{chr(code)}\u0334"))]


def class_of_pcre2(pattern):
    code = pcre2.pcre2_compile_8(pattern.encode(), len(pattern), UTF | UCP, ctypes.create_string_buffer(8),
                                 ctypes.create_string_buffer(8), None)
    data = pcre2.pcre2_match_data_create_8(1, None)
    encoded = ((number, chr(number).encode()) for number in CODES)
    return {number for number, raw in encoded if pcre2.pcre2_match_8(code, raw, len(raw), 0, 0, data, None) > 0}


def class_of_package(pre_tokenizer):
    """What the pre-tokenizer takes out of a text with every code point."""
    kept = set()
    for first in range(0, len(CODES), 4096):
        for piece, _ in pre_tokenizer.pre_tokenize_str("".join(map(chr, CODES[first:first + 4096]))):
            kept.update(map(ord, piece))
    return set(CODES) - kept


def numeric():
    """The numbers of Digits, which can only isolate."""
    pieces = pre_tokenizers.Digits(individual_digits=True)
    return {code for code in CODES if len(pieces.pre_tokenize_str(f"a{chr(code)}")) == 2}


def ranges(codes):
    out = []
    for code in sorted(codes):
        if out and code == out[-1][1] + 1:
            out[-1][1] = code
        else:
            out.append([code, code])
    return " ".join(f"{a:04X}" if a == b else f"{a:04X}-{b:04X}" for a, b in out)


def show(name, codes):
    print(f"{name}: {len(codes)} differ {ranges(codes)}", flush=True)


def show_class(name, ours_has, theirs_has):
    show(f"{name}, only tokenizers has it", theirs_has - ours_has)
    show(f"{name}, only PCRE2 has it", ours_has - theirs_has)


def main():
    print("tokenizers", tokenizers.__version__, "utf8proc", utf8proc.utf8proc_version(), "Unicode",
          utf8proc.utf8proc_unicode_version())
    for form in FORMS if "forms" in sys.argv else ():
        show(form, form_differences(form))
    for name, pattern in CLASSES.items():
        show_class(name, class_of_pcre2(pattern), class_of_package(pre_tokenizers.Split(Regex(pattern), "removed")))
    show_class("\\w", class_of_pcre2(r"[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]"),
               class_of_package(pre_tokenizers.Split(Regex(r"[\w]"), "removed")))
    show_class("Punctuation", class_of_pcre2(r"[\p{P}$+<=>^`|~]"), class_of_package(pre_tokenizers.Punctuation("removed")))
    show_class("Digits", class_of_pcre2(r"\p{N}"), numeric())


if __name__ == "__main__":
    main()
