"""Renders the chat templates of tests/fixtures/templates and a table of snippets with transformers' own code.

    python tests/golden/make_template_golden.py

Writes renderings.json, snippets.json and masks.json beside the templates; the unit tests compare with them exactly.
"""
import datetime
import json
import pathlib
import sys

import jinja2
import transformers
from golden import dump
from transformers.utils import chat_template_utils
from transformers.utils.chat_template_utils import _compile_jinja_template, render_jinja_template

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "templates"
VERSIONS = f"transformers {transformers.__version__}, jinja2 {jinja2.__version__}, python {sys.version.split()[0]}"


def turn(role, content, **more):
    return {"role": role, "content": content, **more}


CONVERSATIONS = {
    "user": [turn("user", "What is a monad?")],
    "system_user": [turn("system", "  Be kind. \n"), turn("user", "Hi")],
    "pair": [turn("user", "1 + 1?"), turn("assistant", "2")],
    "long": [turn("system", "S"), turn("user", "a"), turn("assistant", "b"), turn("user", "c"), turn("assistant", "d"),
             turn("user", "e"), turn("assistant", "f"), turn("user", "g")],
    "two_users": [turn("user", "first"), turn("user", "second")],
    "late_system": [turn("user", "x"), turn("assistant", "y"), turn("system", "now rhyme"), turn("user", "z")],
    "assistant_first": [turn("assistant", "Welcome!"), turn("user", "thanks")],
    "space": [turn("user", "\n\t \u3000two  spaces \u00a0\n"), turn("assistant", "\n\nanswer\r\n")],
    "unicode": [turn("user", "caf\u00e9 \u4e2d\u6587 \U0001f600 \u1781\u17d2\u1798\u17c2\u179a \u2028 <b>&\"quoted\"</b> 'x' \\n {{ x }}"),
                turn("assistant", "{% raw %} \u00fc")],
    "thinking": [turn("user", "q"), turn("assistant", "<think>\nhm\n</think>\n\nA"), turn("user", "q2"),
                 turn("assistant", "<think>\nlonger\nthought\n\n</think>\nB")],
    "reasoning": [turn("user", "q"), turn("assistant", "A", reasoning_content="\nbecause\n")],
    "tool_use": [turn("user", "weather?"),
                 turn("assistant", "", tool_calls=[{"type": "function", "function": {
                     "name": "weather", "arguments": {"city": "K\u00f6ln", "days": 2, "exact": True, "x": None, "f": 0.5}}}]),
                 turn("tool", "sunny"), turn("tool", "<tool_response>"), turn("assistant", "Sun.")],
    "two_calls": [turn("user", "u"), turn("assistant", "a", tool_calls=[{"function": {"name": "f", "arguments": {}}},
                                                                      {"function": {"name": "g", "arguments": {}}}])],
    "parts": [turn("user", [{"type": "text", "text": "see"}, {"type": "image"}, {"type": "text", "text": "this"}]),
              turn("user", [{"type": "image"}]), turn("assistant", {"odd": 1}), turn("critic", "no")],
    "empty": [],
    "empty_content": [turn("user", ""), turn("assistant", "")],
}

TOOLS = [
    {"type": "function", "function": {
        "name": "weather", "description": " look at the SKY ",
        "parameters": {"type": "object", "required": ["city"], "properties": {
            "city": {"type": "string", "description": "Where, e.g. \"K\u00f6ln\""},
            "days": {"type": "integer"}, "units": {"enum": ["C", "F", 1, None]},
            "tags": {"type": "array", "items": {"type": "object", "properties": {"k": {}}}}}}}},
    {"type": "function", "function": {"name": "add", "description": "", "parameters": {"type": "object", "properties": {}},
                                      "return": {"type": "number"}}},
]

DATE = datetime.date(2026, 3, 5)
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}
GRID = [  # settings, conversations
    ({"add_generation_prompt": False}, list(CONVERSATIONS)),
    ({"add_generation_prompt": True}, list(CONVERSATIONS)),
    ({"add_generation_prompt": True, "tools": TOOLS, "enable_thinking": False}, ["user", "long", "tool_use", "unicode"]),
    ({"add_generation_prompt": False, "tools": TOOLS, "tools_in_user_message": False, "date_string": "26 Jul 2024"},
     ["user", "system_user", "reasoning"]),
]


def fix_date(day):
    """strftime_now says this day; it is the datetime of the module that makes it."""
    class FixedNow(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(day.year, day.month, day.day)

    chat_template_utils.datetime = FixedNow


def generated_ranges(text, spans):
    """The spans of {% generation %} blocks, from characters to bytes; those that touch are one."""
    ranges = []
    for begin, end in ([len(text[:at].encode()) for at in span] for span in spans if span[0] < span[1]):
        if ranges and ranges[-1][1] >= begin:
            ranges[-1][1] = max(end, ranges[-1][1])
        else:
            ranges.append([begin, end])
    return ranges


def renderings(source):
    rows = []
    for settings, names in GRID:
        for name in names:
            row = {"conversation": name, "settings": settings if "tools" not in settings else {**settings, "tools": "TOOLS"}}
            try:
                [row["output"]], [spans] = render_jinja_template(
                    [CONVERSATIONS[name]], chat_template=source, return_assistant_tokens_mask=True, **SPECIAL, **settings)
                if spans:
                    row["generated"] = generated_ranges(row["output"], spans)
            except Exception as error:  # any: UndefinedError, TemplateError, TypeError
                row["error"] = str(error)
                row["raised"] = type(error) is jinja2.exceptions.TemplateError  # by raise_exception()
            rows.append(row)
    return rows


CONTEXT = {
    "s": "Hello World", "empty": "", "n": 7, "neg": -7, "z": 0, "f": 2.5, "big": 1e20, "t": True, "no": False, "nil": None,
    "xs": [3, 1, 2], "words": ["pear", "Apple", "fig", "apple"], "none_list": [], "mixed": [1, "a", None, True, 2.0, [1], {"k": 1}],
    "d": {"b": 1, "a": 2, "items": 3, "C": {"deep": [1, {"x": "y"}]}},
    "ms": [{"role": "user", "n": 1, "ok": True}, {"role": "assistant", "n": 2}, {"role": "user", "n": 3, "ok": False}],
    "u": "na\u00efve \u4e2d\u6587 \U0001f600 \u0416", "quotes": "it's \"so\"\n\t\\", "sp": " \u3000 a b \n", "lines": "one\n\n  two\r\nthree",
    "u64": 2**64 - 1, "i64": -2**63, "schema": {"minimum": -2**63, "maximum": 2**64 - 1, "default": 9223372036854775808},
    "num": " 42 ", "flt": "3.9", "html": "<a href='x'>&\"</a>",
}


def shows(text):
    """One expression a line; blank lines and lines of words starting with # are for reading only."""
    return ["{{ " + line + " }}" for line in text.strip().splitlines() if line.strip() and not line.startswith("#")]


EXPRESSIONS = shows(r"""
# literals and printing
1
-1
1_000
1.0
1.5e3
1e16
1e15
123456789012345680.0
0.0001
0.00001
1e-7
1e22
-0.0
0.1 + 0.2
1/3
true, false, none, True, False, None
'a' "b" 'c'
'tab\tnew\nline\\ \x41 \u00e9 \U0001f600 \101 \q \''
"it's"
[1, 2.0, 'x', "it's", 'say "hi"', "both ' and \"", none, true, [], {}, ()]
(1,)
()
(1, 2)
1, 2
{'a': 1, 'b': [1, (2, 3)], 3: none, 'a': 9}
{1: 'a', true: 'b', 1.0: 'c'}
[u, quotes, sp]
['\x00\x1f\x7f\xa0\xad\u200b\ufeff\U000e0001']
mixed
d
undefined_thing
[undefined_thing]
nil
big
f
# arithmetic
7 // 2
-7 // 2
7 // -2
7 % 3
-7 % 3
7 % -3
7.5 // 2
-7.5 // 2
-7.5 % 2
7.5 % -2
6 / 3
2 ** 10
2 ** -1
2 ** 3 ** 2
-2 ** 2
2 ** 0.5
(-1) ** 3
(-3) ** 2
0 ** 0
1 ** 100000000000
n / 2
n + f
n * 'ab'
'ab' * 0
'ab' * -1
[1, 2] * 2
(1,) * 2
[1] + [2]
(1,) + (2,)
'a' + 'b'
true + true
true * 3
-true
+n
- n
not n
not empty
9223372036854775807
-9223372036854775807 - 1
1 + 2 * 3 - 4 / 2
(1 + 2) * 3
'a' ~ 1 ~ none ~ true ~ [1] ~ undefined_thing
1 ~ 2 + 3
'a' ~ 'b' * 2
10 - 2 - 3
2 * 3 % 4
1 + nil
'a' + 1
'a' + nil
'a' + undefined_thing
undefined_thing + 1
[1] + (1,)
1 / 0
1 // 0
1 % 0
1.0 / 0
-'a'
-undefined_thing
'a' - 'b'
nil * 2
[1] * 1.5
# comparison and logic
1 < 2 < 3
1 < 3 < 2
1 == 1.0
1 == true
'1' == 1
0 == false
none == false
none == none
[1, 2] == [1, 2.0]
[1] == (1,)
{'a': 1, 'b': 2} == {'b': 2, 'a': 1}
undefined_thing == undefined_other
undefined_thing == none
undefined_thing != 1
'a' < 'b'
'Z' < 'a'
'é' < 'z'
[1, 2] < [1, 3]
[1] < [1, 0]
(1, 2) <= (1, 2)
1 < 'a'
none < 1
[] < 1
1.5 >= 1
undefined_thing < 1
'ell' in s
'x' not in s
'' in ''
1 in 'a'
2 in xs
'2' in xs
2.0 in xs
'a' in d
'zz' in d
none in mixed
1 in undefined_thing
1 in nil
1 in 5
[1] in mixed
not 1 in xs
n and z or 'last'
z or empty or none_list
z and undefined_thing.x
n or undefined_thing.x
'yes' if n else 'no'
'yes' if z else 'no'
'yes' if z
('yes' if z) is defined
1 if z else 2 if z else 3
(1 if n) + 1
not z and not empty
not (z or n)
n == 7 and s == 'Hello World'
1 < 2 == true
3 > 2 > 1 > 0
# access
d.b
d['b']
d['items']
d.C.deep[1].x
d['C']['deep'][-1]['x']
d.nothing
d.nothing.more
d['nothing']
d.nothing is defined
d.C.none is undefined
nil.x
nil['x']
nil.x.y
n.x
s.x
xs[0], xs[-1]
xs[3]
xs[3] is defined
xs[-4] is defined
xs['a'] is defined
xs.0
ms[0].role
ms.0.role
ms[-1]['n']
ms[5].role
s[0] + s[-1]
s[99] is defined
u[6], u[9]
undefined_thing.x
undefined_thing['x']
undefined_thing[0]
undefined_thing()
d.get('b')
d.get('zz')
d.get('zz', 5)
d.items()|list
d.keys()|list
d.values()|list
d.keys()|length
'a' in d.keys()
xs.append(4)
xs.append is defined
d.update({'x': 1})
d.pop('a')
d.__class__
s.__class__.__mro__
xs.index(1)
xs.index(9)
xs.count(3)
[1, 2, 3].index(3)
xs[true]
xs[1.0] is defined
d[xs] is defined
s()
n()
d.b()
# slices
xs[::-1]
xs[1:]
xs[:-1]
xs[-2:]
xs[::2]
xs[5:]
xs[-99:99]
xs[2:0:-1]
xs[:0]
xs[1:1]
s[::-1]
s[:5]
s[6:]
s[-5:-1]
s[::3]
u[::-1]
u[6:8]
(1, 2, 3)[1:]
range(10)[2:8:3]|list
xs[none:none:none]
xs[::0]
xs['a':]
xs[::-99]
xs[99:-99:-1]
nil[1:]
d[1:]
undefined_thing[1:]
# str methods
sp.strip() ~ '|' ~ sp.lstrip() ~ '|' ~ sp.rstrip() ~ '|'
'xxaxx'.strip('x')
'xyaxy'.lstrip('yx')
'abcba'.rstrip('ab')
'  a'.strip(none)
'éaé'.strip('é')
'a,b,c'.split(',')
'a,b,c'.split(',', 1)
'a,b,c'.split(sep=',', maxsplit=1)
'a,b,c'.rsplit(',', 1)
' a  b c '.split()
' a  b c '.split(none, 1)
'a b c'.split(' ', 0)
''.split()
''.split(',')
'abc'.split('')
lines.splitlines()
'a\x0bb\x1cc\u2028d\x85e\r\r\nf'.splitlines()
s.startswith('Hell')
s.startswith(('x', 'H'))
s.endswith('ld')
s.endswith(('ld',))
s.endswith(())
s.startswith(1)
s.upper() ~ s.lower() ~ 'hello wORLD'.title() ~ 'hELLO wORLD'.capitalize()
"they're bill's 3rd x2y".title()
u.upper()
u.lower()
s.replace('l', 'L')
s.replace('l', 'L', 1)
'abc'.replace('', '-')
'abc'.replace('', '-', 2)
'aaa'.replace('aa', 'b')
s.replace('l')
', '.join(['a', 'b'])
','.join(words)
','.join(xs)
','.join('abc')
s.find('o'), s.rfind('o'), s.find('zz')
u.find('文')
s.index('W')
s.index('zz')
s.count('l'), s.count(''), 'aaa'.count('aa')
'a=b=c'.partition('='), 'a=b=c'.rpartition('='), 'abc'.partition('='), 'abc'.rpartition('=')
'prefix-x'.removeprefix('prefix-'), 'x.txt'.removesuffix('.txt'), 'x'.removesuffix('')
'12'.isdigit(), ''.isdigit(), '1a'.isdigit(), 'ab'.isalpha(), 'a1'.isalnum(), ' \n'.isspace()
s.nothing()
s.strip(1)
s['upper']()
# text filters
sp|trim
'xxaxx'|trim('x')
nil|trim
undefined_thing|trim
n|trim
s|upper
s|lower
n|upper
'hello-world (foo) [bar] it\'s <x>y'|title
'hELLO wORLD'|capitalize
''|capitalize
u|upper
s|replace('o', '0')
s|replace('o', '0', 1)
n|replace(7, 8)
s|replace('l', none)
s|string, n|string, nil|string, xs|string
s|length, xs|length, d|length, u|length, undefined_thing|length, ()|length
n|length
nil|length
s|count
lines|indent
lines|indent(2)
lines|indent(2, true)
lines|indent('> ', first=true)
lines|indent(2, blank=true)
'\n\na\n'|indent
n|indent
html|e
html|escape
html|safe
xs|tojson|safe
n|e
html|e ~ html
# tojson
d|tojson
mixed|tojson
u|tojson
quotes|tojson
'\x00\x1f\x7f\u2028</script>'|tojson
u|tojson(ensure_ascii=true)
'\x7f'|tojson(ensure_ascii=true)
d|tojson(indent=2)
d|tojson(indent=0)
d|tojson(indent='\t')
[[], {}, [[]]]|tojson(indent=1)
d|tojson(sort_keys=true)
{'b': 1, 'a': {'d': 1, 'c': 2}}|tojson(sort_keys=true, indent=1)
d|tojson(separators=(',', ':'))
d|tojson(indent=2, separators=(' ,', ' : '))
[1.0, 1e20, 1e-7, 0.1, -0.0, 1e16]|tojson
{1: 2, none: 3, true: 4, 1.5: 5}|tojson
(1, 2)|tojson
'x'|tojson
none|tojson
undefined_thing|tojson
range(3)|tojson
{(1, 2): 3}|tojson
# numbers
num|int, flt|int, 'x'|int, 'x'|int(5), nil|int, f|int, -2.7|int, true|int, '1e3'|int, '1_000'|int, '+5'|int, '-5'|int, ''|int
xs|int
'inf'|int(3)
undefined_thing|int
flt|float, '1e3'|float, 'x'|float, 'x'|float(1.5), 3|float, nil|float, ' 1 '|float, '.5'|float, '5.'|float, '0x10'|float
-3|abs, 3|abs, neg|abs, -2.5|abs, true|abs
'a'|abs
2.5|round, 3.5|round, 2.567|round(2), 2.675|round(2), 42|round, -2.5|round, 1e20|round
2.1|round(method='ceil'), 2.9|round(0, 'floor'), 2.123|round(2, 'ceil'), 42|round(method='floor'), -2.5|round(method='floor')
2.5|round(method='x')
'a'|round
# sequence filters
xs|sort, xs|sort(reverse=true), words|sort, words|sort(case_sensitive=true)
ms|sort(attribute='n', reverse=true)|map(attribute='n')|list
ms|sort(attribute='role')|map(attribute='n')|join(',')
mixed|sort
xs|first, xs|last, s|first, s|last, d|first
none_list|first
none_list|first is defined
none_list|last is defined
undefined_thing|first
undefined_thing|last
nil|first
xs|map('string')|first
xs|map('string')|last
xs|join, xs|join(', '), words|join('|'), s|join('.'), d|join(',')
ms|join(',', attribute='role')
mixed|join(';')
xs|join(1)
undefined_thing|join(',')
nil|join
xs|list, s|list, d|list, undefined_thing|list, (1, 2)|list
nil|list
d|items|list
undefined_thing|items|list
xs|items|list
xs|map('string')|list
words|map('upper')|join(' ')
words|map('replace', 'p', 'P')|list
ms|map(attribute='ok')|list
ms|map(attribute='ok', default='?')|list
ms|map(attribute='C.x')|list
[d]|map(attribute='C.deep.1.x')|list
[[1, 2], [3, 4]]|map(attribute=1)|list
[[1, 2], [3, 4]]|map('first')|list
xs|map|list
ms|selectattr('role', 'equalto', 'user')|map(attribute='n')|list
ms|selectattr('ok')|list|length
ms|selectattr('ok', 'defined')|list|length
ms|rejectattr('role', 'eq', 'user')|list
ms|rejectattr('ok')|map(attribute='n')|list
ms|selectattr('n', '>', 1)|list|length
ms|selectattr('role', 'in', ['user', 'x'])|list|length
xs|select('odd')|list, xs|reject('odd')|list, mixed|select|list, mixed|reject|list
xs|select('divisibleby', 2)|list
xs|select('greaterthan', 1)|list
mixed|select('string')|list, mixed|select('number')|list, mixed|select('mapping')|list
(ms|selectattr('role', 'equalto', 'nobody')) is defined
'full' if none_list|select else 'empty'
none_list|select|length
xs|select|list|length
undefined_thing|select|list
nil|select|list
xs|reverse|list, s|reverse, u|reverse, d|reverse|list, xs|map('string')|reverse
n|reverse
d|dictsort
d|dictsort(true)
{'b': 2, 'a': 3}|dictsort(by='value')
{'b': 2, 'a': 3}|dictsort(reverse=true)
xs|dictsort
words|unique|list, words|unique(case_sensitive=true)|list, [1, 1.0, true, 2]|unique|list
ms|unique(attribute='role')|map(attribute='n')|list
xs|min, xs|max, words|min, words|max, none_list|min is defined
ms|max(attribute='n')
xs|sum, ms|sum(attribute='n'), [0.5, 1]|sum, none_list|sum, xs|sum(start=10)
words|sum
undefined_thing|default('x'), undefined_thing|default, nil|default('x'), nil|default('x', true), empty|d('x', boolean=true), z|d(1)
d.nothing|default('x')|upper
undefined_thing.x|default('y')
s|nosuchfilter
xs|join(',', attribute='x', more=1)
s|upper(1)
# tests
s is defined, nothing is defined, nothing is undefined, nil is defined, nothing is not defined
nil is none, nothing is none, z is none
s is string, n is string, nothing is string, html|safe is string
n is number, t is number, f is number, s is number, n is integer, t is integer, f is float, n is float
t is boolean, n is boolean, t is true, no is false, n is true, 1 is true, nothing is false
d is mapping, xs is mapping, nothing is mapping
xs is sequence, s is sequence, d is sequence, n is sequence, nil is sequence, nothing is sequence, () is sequence, range(2) is sequence
xs is iterable, s is iterable, d is iterable, n is iterable, nil is iterable, nothing is iterable, d.items() is iterable, d.items() is sequence
(xs|map('string')) is sequence, (xs|map('string')) is iterable
n is odd, n is even, neg is odd, z is even, 2.0 is even
s is odd
nothing is odd
n is divisibleby 7, n is divisibleby(2), n is not divisibleby 2
n is eq 7, n is equalto(7), n is ne 7, n is lt 8, n is gt 8, n is le 7, n is ge 7, n is lessthan 3, n is greaterthan 3
n is in [7], n is not in [7], 'a' is in 'abc'
s is lower, s is upper, 'ABC' is upper, 'abc' is lower, '1' is lower
nil is sameas none, t is sameas true, z is sameas false, n is sameas none
range is callable, s is callable, d.get is callable, nothing is callable
s is escaped, html|safe is escaped
not s is string
s is string and n is number
s is string or nothing.x
s is defined if n else 'x'
s is nosuchtest
s is string is defined
n is eq
n + 1 is eq 8
s|upper is upper
s is defined == true
# functions
range(3)|list, range(1, 3)|list, range(5, 0, -2)|list, range(0)|list, range(3, 1)|list
range(3)|length, range(3)|sum, 2 in range(3), range(5)[-1], range(3) == range(3), range(3) == [0, 1, 2]
range(100000)|length
range(100001)|length
range(0, 1, 0)
range('a')
range()
range(true)|list
dict(a=1, b=2), dict({'a': 1}, a=3), dict()
namespace(a=1).a, namespace({'b': 2}).b, namespace().x is defined
namespace(_a=1)
namespace(a=1)['a']
raise_exception('stop ' ~ n)
strftime_now('%%')
strftime_now('%Y')|length
nosuchfunction(1)
# precedence and grammar
n if n is defined and n > 3 else 'small'
'a' 'b'|upper
('a' ~ 'b')|upper
'a' ~ 'b'|upper
-n|abs
-3|abs + 1
1 + '2'|int
(xs|length) - 1
xs|length - 1
xs | length
d . b
xs [0]
s.upper().lower().title()
s.split(' ')[-1].upper()[0]
(s.split(' ')|last).lower()
[x for x in xs]
{'a' 1}
[1, 2,]
[1 2]
(1, 2,)
1 +
1 = 2
a b
'unclosed
{{ 1 }}
s.1
lambda x: x
n ? 1 : 2
n && z
n !
$n
s[1
(1]
'}}' ~ '%}'
{'a': {'b': 1}}.a.b
{'a': {'b': 1}}['a']
# integers that 64 bits hold, with a sign or without, and what is computed from them
u64
i64
schema
schema | tojson
schema | tojson(indent=2)
u64 | string
u64 ~ ''
u64 + 1
u64 - 1
-u64
+u64
u64 * 2
i64 - 1
-i64
i64 | abs
u64 // 10
u64 % 1000
-u64 // 10
-u64 % 1000
i64 // -1
u64 / 1
2 ** 64
2 ** 100
u64 ** 1
u64 == 18446744073709551615
u64 == 18446744073709551614
u64 == 18446744073709551616.0
u64 < 18446744073709551616.0
u64 > 1.8e19
i64 == -9223372036854775808.0
9007199254740993 == 9007199254740992.0
9007199254740993 > 9007199254740992.0
9007199254740992.0 < 9007199254740993
u64 > i64
u64 in [1, u64]
schema.maximum == u64
[u64, i64, 3] | sort
[u64, i64, 3] | max
[u64, 1] | sum
[u64, u64] | unique | list
u64 is integer
u64 is number
u64 is float
u64 is odd
u64 is even
u64 is divisibleby(3)
u64 | int
u64 | float
u64 | round
'18446744073709551615' | int
'100000000000000000000' | int
'-100000000000000000000' | int + 1
1e20 | int
1e30 | int
xs[u64] is defined
'abc'[:u64]
'abc'[i64:]
xs[::u64]
u64 and true
not u64
{u64: 1}[u64]
{u64: 1} | tojson
100000000000000000000
100000000000000000000 == 1e20
""")

STATEMENTS = [
    "{% for x in xs %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }};{% endfor %}",
    "{% for x in xs %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}",
    "{% for x in xs %}{{ loop.cycle('a', 'b') }}{{ loop.depth }}{{ loop.depth0 }}{{ loop['index'] }}{% endfor %}",
    "{% for x in xs %}{{ loop.nothing is defined }}{{ loop is iterable }}{{ loop is sequence }}{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in d|dictsort %}{{ k }}={{ v }};{% endfor %}",
    "{% for (a, (b, c)) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for a, b in [(1, 2, 3)] %}{% endfor %}",
    "{% for a, b in [1] %}{% endfor %}",
    "{% for k in d %}{{ k }}{% endfor %}",
    "{% for c in u %}[{{ c }}]{% endfor %}",
    "{% for x in undefined_thing %}x{% else %}none{% endfor %}",
    "{% for x in nil %}x{% endfor %}",
    "{% for x in n %}x{% endfor %}",
    "{% for x in [] %}x{% else %}empty{% endfor %}",
    "{% for x in xs if x > 5 %}x{% else %}filtered{% endfor %}",
    "{% for x in xs if x != 1 %}{{ x }}{{ loop.last }}{{ loop.length }}{% endfor %}",
    "{% for x in xs if loop.index > 1 %}{{ x }}{% endfor %}",
    "{% for x in xs %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in xs %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in xs %}{% continue %}{% else %}else{% endfor %}",
    "{% for x in xs %}{% break %}{% else %}else{% endfor %}",
    "{% for x in xs %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% else %}else{% endfor %}",
    "{% for x in xs %}{% for y in xs %}{% if y == 2 %}{% break %}{% endif %}{{ x }}{{ y }}{{ loop.index }} {% endfor %}{{ loop.index }}{% endfor %}",
    "{% for x in xs %}{% for y in [] %}{% else %}{{ loop.index }}{% endfor %}{% endfor %}",
    "{% for x in xs %}{% for y in [] %}{% else %}{% break %}{% endfor %}{{ x }}{% endfor %}",
    "{{ loop is defined }}",
    "{% set ns = namespace(go=true) %}{% for x in xs if ns.go %}{{ x }}{% set ns.go = false %}{% endfor %}",
    "{% set ns = namespace(go=true) %}{% for x in xs if ns.go %}{{ x }}{{ loop.last }}{% set ns.go = false %}{% endfor %}",
    "{% for x in 1, 2 %}{{ x }}{% endfor %}",
    "{% for x in xs|map('string') %}{{ x }}{{ loop.length }}{% endfor %}",
    "{% set g = xs|map('string') %}{{ g|list }}{{ g|list }}",
    "{% set g = xs|map('string') %}{% if g %}yes{% endif %}{{ g|join }}{% if g %}still{% endif %}",
    "{% for x in xs recursive %}{{ x }}{% endfor %}{{ nosuch() }}",
    "{% set x = 1 %}{% for y in xs %}{% set x = y %}{% endfor %}{{ x }}",
    "{% set x = 1 %}{% for y in xs %}{{ x }}{% set x = y %}{{ x }};{% endfor %}{{ x }}",
    "{% set x = 1 %}{% if t %}{% set x = 2 %}{% endif %}{{ x }}",
    "{% if t %}{% set y = 2 %}{% endif %}{{ y }}",
    "{% if no %}{% set y = 2 %}{% endif %}{{ y is defined }}",
    "{% for y in xs %}{% if y == 1 %}{% set s = 'new' %}{% endif %}{{ s }};{% endfor %}",
    "{% for x in xs %}{% set z = x %}{% if loop.last %}{{ z }}{% endif %}{% endfor %}{{ z }}",
    "{% for n in xs %}{{ n }}{% endfor %}{{ n }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}",
    "{% set a = 1, 2 %}{{ a }}",
    "{% set (a, b) = [3, 4] %}{{ a }}{{ b }}",
    "{% set a, b = 1 %}",
    "{% set x = x %}{{ x is defined }}",
    "{% set s = s ~ '!' %}{{ s }}",
    "{% set x %}a {{ n }} b{% endset %}{{ x|upper }}{{ x is string }}",
    "{% set x | upper | replace('A', '-') %}a {{ n }} b{% endset %}{{ x }}",
    "{% set x %}{% set y = 1 %}{% endset %}{{ y is defined }}",
    "{% set ns = namespace() %}{% set ns.x = 1 %}{{ ns.x }}{% set ns.x = ns.x + 1 %}{{ ns.x }}{{ ns.y is defined }}",
    "{% set ns = namespace(xs=[]) %}{% for x in xs %}{% set ns.xs = ns.xs + [x * 2] %}{% endfor %}{{ ns.xs }}",
    "{% set ns = namespace(a=1) %}{% set ns.a, b = 5, 6 %}{{ ns.a }}{{ b }}",
    "{% set ns = namespace() %}{% set ns.x %}block{% endset %}{{ ns.x }}",
    "{% set ns = namespace() %}{% set ns._x = 1 %}",
    "{% set d.x = 1 %}",
    "{% set nothing.x = 1 %}",
    "{% set true = 1 %}",
    "{% set 1 = 1 %}",
    "{% set x = 1 %}{% set y = x if x else 2 %}{{ y }}",
    "{% if xs %}a{% elif s %}b{% else %}c{% endif %}",
    "{% if none_list %}a{% elif s %}b{% else %}c{% endif %}",
    "{% if none_list %}a{% elif empty %}b{% else %}c{% endif %}",
    "{% if z %}{% elif 0.0 %}{% elif '' %}{% elif {} %}{% elif () %}{% elif range(0) %}{% elif nothing %}{% else %}all false{% endif %}",
    "{% if '0' and [0] and {0: 0} and -1 and 0.1 and range(1) and d.items() %}all true{% endif %}",
    "{% if {}.items() %}a{% else %}b{% endif %}",
    "{% if namespace() %}a{% endif %}{% if range %}b{% endif %}",
    "{% if n %}{% if z %}x{% else %}y{% endif %}{% endif %}",
    "{% if n: %}colon{% endif %}",
    "{% if n == 7, %}tuple{% endif %}",
    "{% macro m(a, b=2, c='x') %}{{ a }}{{ b }}{{ c }};{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(1, c='y') }}{{ m(a=5) }}{{ m() }}",
    "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}{{ m(1) }}",
    "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{% endmacro %}{{ m(b=2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}",
    "{% macro m(a=1, b) %}{% endmacro %}",
    "{% macro m() %}{{ y }}{% endmacro %}{% set y = 1 %}{{ m() }}",
    "{% macro m() %}{{ y }}{% endmacro %}{% for y in xs %}{{ m() }}{% endfor %}",
    "{% macro m() %}{% set y = 1 %}{% endmacro %}{{ m() }}{{ y is defined }}",
    "{% macro f(k) %}{% if k > 0 %}{{ k }}{{ f(k - 1) }}{% endif %}{% endmacro %}{{ f(5) }}",
    "{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m('<') ~ m('&') }}{{ m('a')|upper }}{{ m(1) is string }}{{ m is callable }}",
    "{% macro m() %}\n  a\n{% endmacro %}[{{ m() }}]",
    "{% macro m() -%}\n  a\n{%- endmacro %}[{{ m() }}]",
    "{% for x in xs %}{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% endfor %}",
    "{% if t %}{% macro m() %}in{% endmacro %}{% endif %}{{ m() }}",
    "{{ m() }}{% macro m() %}late{% endmacro %}",
    "{% set f = range %}{{ f(2)|list }}",
    "{% set g = s.upper %}{{ g() }}",
    "{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}",
    "{% with a = 1, b = a %}{{ b is defined }}{% endwith %}",
    "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q is defined }}",
    "{% generation %}a{% set q = 1 %}{% endgeneration %}{{ q is defined }}",
    "{% for x in xs %}{% generation %}{{ x }}{{ loop.index }}{% endgeneration %}{% endfor %}",
    "{% for x in xs %}{% generation %}{% break %}{% endgeneration %}{% endfor %}",
    "{% break %}",
    "{% raw %}{{ x }}{% if %}{% endraw %}",
    "{%- raw -%}  {{ x }}  {%- endraw -%}  y",
    "a\n  {% raw %}\n b\n  {% endraw %}\nc",
    "{% raw %}x{% endraw",
    "{% raw %}{% endraw %}{% endraw %}",
    "{# a #}b{#- c -#}  d {# e\nf #}\ng",
    "{#- x #} y",
    "{#-#}  x",
    "a {#+ b +#} c",
    "a {# unclosed",
    "a\n{% if t %}\nb\n{% endif %}\nc\n",
    "a\n  {% if t %}  \nb\n  {% endif %}\nc\n\n",
    "a\n  {%+ if t %}\nb\n{% endif +%}\nc",
    "a \n {%- if t -%} \n b \n {%- endif -%} \n c",
    "  {{ n }}\n  {{- n }}  \n{{ n -}}  \n  x",
    "{{ n }}\n{{ n }}\n",
    "\n\n{{ n }}\n\n",
    "a\r\nb\rc\n{{ 'x\r\ny' }}",
    "  {% set x = 1 %}  {{ x }}",
    "x  {% set x = 1 %}  {{ x }}",
    "{% set x = 1 %}\n\n  {% set y = 2 %}\n{{ x }}",
    "{% if t %}\n{{ n }}\n{% endif %}\n{{ n }}",
    "\u3000{%- if t %}\u3000x\u3000{%- endif %}",
    "\u3000{% if t %}x{% endif %}",
    "a{{ n }}{# c #}\n{% if t %}\n{% endif %}b",
    "{{- n -}}",
    "{{-n-}}",
    "{{+n}}",
    "{{ -n }}",
    "{{--n}}",
    "{%if t%}x{%endif%}",
    "{%-if t-%} x {%-endif-%}",
    "{% if t %}x{% endif %}}",
    "{ {n} } { % { #",
    "{{ '{{' }}{{ \"}}\" }}",
    "{{ {'a': 1} }}",
    "{{ {'a': {'b': 1}} }}",
    "{{",
    "{{ n",
    "{{ n }",
    "{% if t",
    "{% if t %}",
    "{% for x in xs %}",
    "{% endif %}",
    "{% if t %}{% endfor %}",
    "{% if %}x{% endif %}",
    "{{ }}",
    "{% %}",
    "{% nosuchtag %}",
    "{% for in xs %}{% endfor %}",
    "{% for x xs %}{% endfor %}",
    "{% set %}",
    "{% set x %}",
    "{% if t %}{% else %}{% else %}{% endif %}",
    "{% else %}",
    "}} %} #}",
    "",
    "\n",
    "plain text only",
    "{{ raise_exception('no') }}",
    "{% if t %}{{ raise_exception('line ' ~ n) }}{% endif %}",
    "{{ undefined_thing.a }}",
    "{% set messages = [1, 2] %}{{ messages }}",
    "{% for m in ms %}{{ m.role if m.role != 'user' else 'U' }}{{ ' ' if not loop.last else '' }}{% endfor %}",
    "{% for m in ms|selectattr('role', 'equalto', 'user') %}{{ loop.index }}{{ m.n }}{% endfor %}",
    "{% set last = (ms|selectattr('role', 'equalto', 'user')|list|last) %}{{ last.n }}",
    "{% for m in ms[1:] %}{{ m.n }}{% endfor %}{% for m in ms|reverse %}{{ m.n }}{% endfor %}",
    "{% for m in ms %}{% if m == ms[-1] %}last{% endif %}{% if m == ms[0] %}first{% endif %}{% endfor %}",
    "{% set x = {'a': 1} %}{% set x = dict(x, b=2) %}{{ x }}",
    "{% for a in 'x y'.split() %}{{ a }},{% endfor %}",
    "{% for i in range(3) %}{% for j in range(i) %}{{ i }}{{ j }} {% endfor %}{% endfor %}",
    "{% macro m(a) %}[{{ a }}{{ caller(a, b=2) }}]{% endmacro %}{% call(x, b=1) m(n) %}{{ x }}-{{ b }}-{{ s }}{% endcall %}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}{% call m() %}{% endcall %}",
    "{% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}",
    "{% macro m() %}{{ caller(1) }}{% endmacro %}{% call m() %}y{% endcall %}",
    "{% call n %}y{% endcall %}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{% for x in xs %}{% call m() %}{{ x }}{{ loop.index }}{% endcall %}{% endfor %}",
    "{% macro m() %}{{ caller() }}{{ caller() }}{% endmacro %}{% call m() %}{% set q = 1 %}{{ q }}{% endcall %}{{ q is defined }}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{% break %}{% endcall %}",
    "{% macro m(a) %}{{ caller() }}{% endmacro %}{{ m(1, caller=2) }}",
    "{% macro out() %}({{ caller() }}){% endmacro %}{% macro both() %}{% call out() %}{{ caller() }}{% endcall %}{% endmacro %}{% call both() %}x{% endcall %}",
    "{% filter upper %}a {{ s }}{% endfilter %}",
    "{% filter replace('l', 'L') | trim %} {{ s }} {% endfilter %}!",
    "{% filter nosuch %}x{% endfilter %}",
    "{% filter upper %}{% set q = 1 %}{% endfilter %}{{ q is defined }}",
    "a\n  {% filter upper %}\n b\n  {% endfilter %}\nc",
    "{% filter %}x{% endfilter %}",
    "{{ '{}-{}'.format(1, s) }}{{ '{1}{0}{1}'.format('a', none) }}{{ '{a}{{}}{b}'.format(a=xs, b=true) }}",
    "{{ '{}'.format() }}",
    "{{ '{x}'.format(y=1) }}",
    "{{ '{'.format(1) }}",
    "{{ 'a}'.format(1) }}",
    "{{ '{}{}'.format(undefined_thing, f) }}",
    "{{ (html|safe) + html }}{{ html + (xs|tojson|safe) }}{{ (html|e) + (html|safe) + '<' }}{{ [('<'|safe) + '<'] | tojson }}",
    "{{ (html|safe) + n }}",
    "{{ strftime_now('%d %b %Y, %-d %B %y, %A %a, day %j, %Y-%m-%d %%') }}",
]


def snippet(source):
    row = {"source": source}
    try:
        row["output"] = _compile_jinja_template(source).render(**CONTEXT)
    except Exception as error:
        row["error"] = f"{type(error).__name__}: {error}".splitlines()[0]
    return row


def write(name, content):
    (FOLDER / name).write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n")


MASKED = [  # settings, conversations that end with the assistant
    ({}, ["pair", "space", "unicode", "thinking", "two_calls", "empty_content", "tool_use"]),
    ({"enable_thinking": False}, ["pair", "thinking", "tool_use"]),
]


def masks(name):
    """Ids and assistant_masks of apply_chat_template with the tokenizer of tests/fixtures/tiny_llama."""
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(FOLDER.parent / "tiny_llama" / "tokenizer.json"))
    source, rows = (FOLDER / f"{name}.jinja").read_text(), []
    for settings, names in MASKED:
        for conversation in names:
            out = tokenizer.apply_chat_template(CONVERSATIONS[conversation], chat_template=source, tokenize=True,
                                                return_dict=True, return_assistant_tokens_mask=True, **settings)
            rows.append({"conversation": conversation, "settings": settings, "ids": out["input_ids"],
                         "mask": out["assistant_masks"]})
    return rows


def main():
    fix_date(DATE)
    templates = {path.stem: renderings(path.read_text()) for path in sorted(FOLDER.glob("*.jinja"))}
    write("renderings.json", {"made_by": VERSIONS, "date": str(DATE), "special_tokens": SPECIAL, "tools": TOOLS,
                              "conversations": CONVERSATIONS, "templates": templates})
    write("snippets.json", {"made_by": VERSIONS, "date": str(DATE), "context": CONTEXT,
                            "snippets": [snippet(source) for source in EXPRESSIONS + STATEMENTS]})
    (FOLDER / "masks.json").write_text(dump({"made_by": VERSIONS, "date": str(DATE), "conversations": CONVERSATIONS,
                                            "templates": {"reasoning_marked": masks("reasoning_marked")}}) + "\n")
    print(VERSIONS)


if __name__ == "__main__":
    main()
