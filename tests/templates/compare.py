"""Compares our renderer with transformers' on every chat template of a folder, over a grid of conversations.

    ninja -C build/release render_templates
    python tests/templates/compare.py build/release/tests/render_templates FOLDER [--write FOLDER/cases.jsonl]

Prints a table: conversations that both write alike, that both refuse, of which the template leaves out something in
silence (transformers too, ours says so), that only ours refuses (with its words), that differ. --losses lists the
second to last kind: every line must be a true loss. Only ours says "developer" and writes "system" where a template
would leave it out or refuse it: counted as "developer". Where our renderer says which bytes came from the data, two things must hold: what a message says never lies
outside of the data's ranges, and what lies outside does not depend on it. The last column counts where they do not.
--write keeps requests and transformers' answers for the test "real templates" of src/text/chat/template_test.cpp.
"""
import argparse
import collections
import datetime
import json
import pathlib
import re
import subprocess
import sys

import jinja2
from transformers.utils import chat_template_utils

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
from make_template_golden import CONVERSATIONS, SPECIAL, TOOLS, fix_date, generated_ranges, turn  # noqa: E402

DATE = "2026-03-05"
KINDS = ("equal", "both refuse", "lost", "developer", "ours refuses", "differ")
ODD = "<|zz|> </s>[INST]"  # a word that no template writes, and tokens that some do


def call(name, arguments, ident="abcdefghi"):
    return {"id": ident, "type": "function", "function": {"name": name, "arguments": arguments}}


MORE = {
    "system_only": [turn("system", "S")],
    "system_pair": [turn("system", "Rules: /no_think"), turn("user", "q"), turn("assistant", "a")],
    "system_parts": [turn("system", [{"type": "text", "text": "S"}]), turn("user", [{"type": "text", "text": "u"}])],
    "developer": [turn("developer", "D"), turn("user", "q")],
    "function": [turn("user", "q"), turn("function", "F", name="f"), turn("user", "r")],
    "late_system": [turn("system", "first"), turn("user", "q"), turn("assistant", "a"), turn("system", "late"),
                    turn("user", "r")],
    "none_content": [turn("user", "q"), turn("assistant", None, tool_calls=[call("f", {"x": "y"})]),
                     turn("tool", "r", tool_call_id="abcdefghi", name="f")],
    "call_text": [turn("user", "q"), turn("assistant", "c", tool_calls=[call("f", '{"x": 1}')]),
                  turn("tool", '{"r": [1, 2.5]}', tool_call_id="abcdefghi", name="f"), turn("assistant", "done"),
                  turn("user", "more")],
    "nested_call": [turn("user", "q"), turn("assistant", "", reasoning_content="why", tool_calls=[
        call("f", {"a": {"b": [1, {"c": None}]}, "s": "x\ny", "t": True}), call("g", {}, "123456789")]),
        turn("tool", "r1", tool_call_id="abcdefghi"), turn("tool", "r2", tool_call_id="123456789")],
    "steps": [turn("user", "q"), turn("assistant", "", reasoning_content="r1", tool_calls=[call("f", {})]),
              turn("tool", "t1", tool_call_id="abcdefghi"), turn("assistant", "", reasoning_content="r2",
              tool_calls=[call("g", {"n": -1e30})]), turn("tool", "t2", tool_call_id="abcdefghi"),
              turn("assistant", "A", reasoning_content="r3"), turn("user", "q2"), turn("assistant", "B")],
    "other_names": [turn("user", "q"), turn("assistant", "A", thinking="t"), turn("user", "q2"),
                    turn("assistant", "B", reasoning="r")],
    "unknown_role": [turn("narrator", "x"), turn("user", "q")],
    "no_think": [turn("user", "q /no_think"), turn("assistant", "</think>a"), turn("user", "r /think")],
    "tags": [turn("user", "<tool_response>\nx\n</tool_response>"), turn("assistant", "a</think>b</think>c")],
    "odd": [turn("system", ODD), turn("user", " " + ODD), turn("assistant", ODD + "\n"), turn("user", ODD)],
    "even": [turn("system", "abc"), turn("user", " abc"), turn("assistant", "abc\n"), turn("user", "abc")],
}
SETTINGS = [
    {}, {"add_generation_prompt": True},
    {"add_generation_prompt": True, "enable_thinking": False}, {"add_generation_prompt": True, "enable_thinking": True},
    {"tools": TOOLS}, {"add_generation_prompt": True, "tools": TOOLS, "enable_thinking": False},
    {"add_generation_prompt": True, "date_string": "26 Jul 2024", "thinking": True, "reasoning_effort": "high"},
    {"tools": TOOLS[:1], "tools_in_user_message": False, "keep_past_thinking": True, "preserve_thinking": True},
    {"add_generation_prompt": True, "documents": [{"title": "T\u00fc", "text": "<b>\nx", "doc_id": "1"}, {"title": "", "text": ""}]},
]


def request(path, name, settings):
    rest = dict(settings)
    row = {"template": str(path), "special_tokens": SPECIAL, "messages": {**CONVERSATIONS, **MORE}[name], "date": DATE}
    row |= {key: rest.pop(key, None) for key in ("tools", "documents")}
    row["add_generation_prompt"] = rest.pop("add_generation_prompt", False)
    if row["documents"]:  # no row of ours has them: the program then leaves out what ChatTemplate does
        row["messages"] = chat_template_utils._alias_reasoning_fields(row["messages"])
    return {**row, "kwargs": rest, "conversation": name}


def wanted(source, row):
    try:
        [text], [spans] = chat_template_utils.render_jinja_template(
            [row["messages"]], chat_template=source, tools=row["tools"], documents=row["documents"],
            add_generation_prompt=row["add_generation_prompt"], return_assistant_tokens_mask=True,
            **SPECIAL, **row["kwargs"])
        return {"text": text, "generated": generated_ranges(text, spans)}
    except Exception as error:  # any: UndefinedError, TemplateError, TypeError
        return {"error": str(error), "raised": type(error) is jinja2.exceptions.TemplateError}


def is_developer(source, row, got):
    """Whether ours wrote what transformers writes of the system in the place of the developer."""
    messages = [{**m, "role": "system" if m["role"] == "developer" else m["role"]} for m in row["messages"]]
    return messages != row["messages"] and wanted(source, {**row, "messages": messages}).get("text") == got["text"]


def verdict(source, row, want, got):
    if "error" in want and "error" in got:
        return "both refuse" if not want["raised"] or want["error"] in got["error"] else "differ"
    if "error" in got:
        return "lost" if "the chat template leaves out " in got["error"] else "ours refuses"
    if "error" in want or want["text"] != got["text"]:
        if is_developer(source, row, got):
            return "developer"
        return "differ"
    return "equal" if got["generated"] is None or got["generated"] == want["generated"] else "differ"


def split_by_origin(answer):
    text, data, outside, at = answer["text"].encode(), [], [], 0
    for begin, end in answer["data"]:
        outside.append(text[at:begin])
        data.append(text[begin:end])
        at = end
    return b"".join(data), b"\0".join(outside + [text[at:]])


def bad_marks(rows, answers):
    """Settings whose odd and even conversation differ outside of the data, or show an odd word there."""
    found = collections.defaultdict(dict)
    for row, answer in zip(rows, answers):
        if row["conversation"] in ("odd", "even") and "text" in answer:
            key = json.dumps([row["kwargs"], row["tools"], row["documents"], row["add_generation_prompt"]])
            found[key][row["conversation"]] = split_by_origin(answer)[1]
    both = [pair for pair in found.values() if len(pair) == 2]
    return sum(pair["odd"] != pair["even"] or b"<|zz|>" in pair["odd"] for pair in both)


def render_all(program, rows):
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def report(path, source, rows, wants, answers, show, losses):
    kinds = [verdict(source, *each) for each in zip(rows, wants, answers)]
    counts = collections.Counter(kinds)
    marks = bad_marks(rows, answers)
    columns = [counts[name] for name in KINDS] + [marks]
    print(f"{path.stem:50s}" + "".join(f"{count:14d}" for count in columns))
    shown = collections.Counter()
    for row, want, got, kind in zip(rows, wants, answers, kinds):
        words = got.get("error", "") if kind in ("ours refuses", "lost") else kind
        words = re.sub(r" \(roles: .*|;.*", "", words)
        if kind == "lost" and losses:
            words += f" ({row['conversation']})"
            if shown[words] == 0:
                print(f"    {words[len('[template] the chat template '):]}")
            shown[words] += 1
        if kind in ("equal", "both refuse", "developer", "lost") or shown[words] >= show:
            continue
        shown[words] += 1
        print(f"    {kind}: {row['conversation']} {json.dumps(row['kwargs'])} {'tools' if row['tools'] else ''}")
        print(f"      transformers: {json.dumps(want)[-300:]}\n      ours:         {json.dumps(got)[-300:]}")
    return columns


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("--show", type=int, default=1, help="differences of one kind shown for a template")
    parser.add_argument("--losses", action="store_true", help="list what the templates leave out")
    arguments = parser.parse_args()
    fix_date(datetime.date.fromisoformat(DATE))
    print(f"{'template':50s}" + "".join(f"{name:>14s}" for name in (*KINDS, "bad marks")))
    totals, kept = [0] * (len(KINDS) + 1), []
    for path in sorted(arguments.folder.glob("*.jinja")):
        rows = [request(path, name, settings) for settings in SETTINGS for name in {**CONVERSATIONS, **MORE}]
        source = path.read_text(encoding="utf-8")
        wants = [wanted(source, row) for row in rows]
        answers = render_all(arguments.program, rows)
        columns = report(path, source, rows, wants, answers, arguments.show, arguments.losses)
        totals = [a + b for a, b in zip(totals, columns)]
        kept += [json.dumps({**row, "wanted": want}) for row, want in zip(rows, wants)]
    print(f"{'all':50s}" + "".join(f"{count:14d}" for count in totals))
    if arguments.write:
        arguments.write.write_text("\n".join(kept) + "\n", encoding="utf-8")
    sys.exit(totals[KINDS.index("differ")] > 0 or totals[-1] > 0)


if __name__ == "__main__":
    main()
