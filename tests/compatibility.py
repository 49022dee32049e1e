"""Makes docs/compatibility.md: every family of checkpoints against transformers, tokenizers and its chat templates.

    python tests/compatibility.py BUILD [--templates FOLDER] [--count 10000]

BUILD is a build directory with selfreward, train_tests, tokenizer_compare and render_templates; FOLDER holds real chat
templates: TRL's trl/chat_templates and axolotl's src/axolotl/utils/chat_templates/templates, as trl-NAME.jinja and
axolotl-NAME.jinja. Needs torch, transformers and tokenizers; nothing of it is kept. Per family:
  logits     tiny random networks (tests/fixtures/families.json), largest difference in float32; bfloat16 beside
             transformers' own error there
  SFT        ten steps, largest relative difference of the loss
  save-load  what `selfreward sft` writes, loaded by transformers: the logits of what it was made of
  greedy     24 tokens of `selfreward generate` (cached, batched) against transformers' generate
  tokenizer  random strings whose ids or decoded text differ (tests/tokenizers/compare.py)
  template   renderings of real templates that differ (tests/templates/compare.py)
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
os.environ.update(HF_HUB_OFFLINE="1", CUDA_VISIBLE_DEVICES="")
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/golden"))
import torch  # noqa: E402
import transformers  # noqa: E402
from make_family_golden import CASES, SHAPE, make_model  # noqa: E402

# family, its cases of make_family_golden.py, tokenizers of tests/tokenizers/families.py, templates by their file's name
FAMILIES = [
    ("Llama 2", ["Llama 2", "Llama, linear rope", "Llama, dynamic rope", "Llama, YaRN", "Llama, biases"],
     ["llama-2", "llama-2-v5"], "$^"),
    ("Llama 3, 3.1, 3.2, 3.3", ["Llama 3.1"], ["llama-3"], "(trl|axolotl)-llama3"),
    ("Mistral", ["Mistral", "Mistral, all seen"], ["mistral-0.1", "mistral-0.3", "mistral-nemo"],
     "axolotl-mistral"),
    ("Qwen2, Qwen2.5", ["Qwen2", "Qwen2, windows"], ["qwen-2"], "(trl-qwen2_5|axolotl-qwen_25)(_training)?$"),
    ("Qwen3", ["Qwen3"], ["qwen-2"], "(trl|axolotl)-qwen3(_training|_instruct_2507|_instruct_2507_training)?$"),
    ("SmolLM2", ["SmolLM2"], ["smollm-2"], "axolotl-chatml"),
    ("SmolLM3", ["SmolLM3", "SmolLM3, windows"], ["llama-3"], "$^"),
    ("Gemma 2", ["Gemma 2"], ["gemma"], "(trl|axolotl)-gemma(_training)?$"),
    ("Gemma 3, text", ["Gemma 3"], ["gemma"], "(trl|axolotl)-gemma3(_training)?$"),
    ("Phi-3, Phi-3.5, Phi-4", ["Phi-3", "Phi-4-mini"], ["phi-3", "phi-4"], "(trl|axolotl)-phi"),
    ("OLMo 2", ["OLMo 2"], ["olmo-2"], "$^"),
]
VOCAB = 320  # of tests/fixtures/tiny_llama, whose tokenizer the tiny checkpoints get
PROMPTS = ["Hello, who are you?", "Tell me of a long road.", "1 + 1 ="]
HEADER = """# Compatibility

{made_by}

| family | logits, float32 | bfloat16 (transformers' own) | ten steps of SFT | save-load | greedy tokens |
|---|---|---|---|---|---|
"""
TEXT_HEADER = """
| family | tokenizer: strings that differ | chat templates |
|---|---|---|
"""
MADE_BY = """Made by `python tests/compatibility.py BUILD --templates FOLDER` (what each column is: in that file), with
{versions}. A cell says what was compared; a family whose cell shows a difference is not supported there."""
NOTES = """
- Logits and steps are of tiny random networks with every part of the family: scaled rotary positions, windows shorter
  than the text, biases, caps, norms. `save-load`: largest difference between the logits of the source in transformers
  and those of what `selfreward sft` wrote after a step of no size.
- Tokenizers are real vocabularies with the structure that the family publishes: strings that differ of those compared.
  Where a family's own vocabulary was not at hand it is another's: OLMo 2 (GPT-NeoX), Phi-4 (Qwen2), Mistral Nemo and
  SmolLM3 (Llama 3), Gemma 2 and 3 (Gemma 4).
- Templates: renderings of real templates out of TRL and axolotl, transformers' and ours: equal (with both refusing, and
  with a developer written as the system where the template has no place for one) of all. "left out": the template drops
  a message, tools, calls or the last reasoning without a word, which is an error here. SmolLM2's is ChatML. A dash: no
  real template was at hand, the family's constructs are in `tests/fixtures/templates`.
- `dynamic` and `longrope` scaling change with the length of the sequence; contexts end where the change would begin
  (`max_position_embeddings`, `original_max_position_embeddings`).
- Not supported, by name: mixtures of experts, multimodal checkpoints, weights that are quantised (GGUF apart), DoRA.
"""


def run(*words, **more):
    done = subprocess.run(list(map(str, words)), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))[:200]}\n{done.stdout[-2000:]}")
    return done.stdout


def measured_logits(build, folder):
    file = folder / "families.json"
    run(build / "src/train/train_tests", "-tc=*every family*", env={**os.environ, "SELFREWARD_COMPATIBILITY": str(file)})
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return {name: {key: value for row in rows if row["name"] == name for key, value in row.items()}
            for name in {row["name"] for row in rows}}


def write_source(name, folder):
    """A tiny checkpoint of a case, saved by transformers, with the tiny tokenizer."""
    settings = {**SHAPE, "tie_word_embeddings": False, **CASES[name], "vocab_size": VOCAB}
    model = make_model(transformers.AutoConfig.for_model(**settings))
    model.save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        (folder / file).write_bytes((ROOT / "tests/fixtures/tiny_llama" / file).read_bytes())
    return model


def save_and_load(build, name, folder):
    """(largest difference of logits after our save, greedy tokens that are equal, of all)"""
    source, ours = folder / "source", folder / "ours"
    model = write_source(name, source)
    row = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello!"}]}
    (folder / "rows.jsonl").write_text(json.dumps(row) + "\n")
    program = build / "src/app/selfreward"
    exact = ["--set", "model.dtype=float32", "--set", "model.save_dtype=float32"]
    run(program, "sft", "--model", source, "--out", ours, "--data", folder / "rows.jsonl", *exact,
        "--set", "sft.max_steps=1", "--set", "sft.learning_rate=1e-30", "--set", "sft.train_batch_size=1")
    again = transformers.AutoModelForCausalLM.from_pretrained(ours, dtype=torch.float32, attn_implementation="eager")
    ids = torch.randint(3, VOCAB, (1, 48), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        difference = float((again.eval()(ids).logits - model(ids).logits).abs().max())
    return difference, greedy(program, model, source, folder, exact)


def greedy(program, model, source, folder, exact):
    prompts = [{"id": str(i), "prompt": text} for i, text in enumerate(PROMPTS)]
    (folder / "prompts.jsonl").write_text("".join(json.dumps(prompt) + "\n" for prompt in prompts))
    run(program, "generate", "--model", source, "--prompts", folder / "prompts.jsonl", "--out", folder / "c.jsonl",
        *exact, "--set", "candidates.num_generations=1", "--set", "candidates.sampling.temperature=0",
        "--set", "candidates.sampling.max_new_tokens=24")
    # AutoTokenizer would cut text as the family does, whatever the tiny tokenizer.json says
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(source)
    equal = total = 0
    for line, text in zip((folder / "c.jsonl").read_text().splitlines(), PROMPTS):
        chat = tokenizer.apply_chat_template([{"role": "user", "content": text}], add_generation_prompt=True,
                                             return_tensors="pt", return_dict=True)
        with torch.no_grad():
            made = model.generate(**chat, max_new_tokens=24, do_sample=False)[0, chat["input_ids"].shape[1]:].tolist()
        ours = json.loads(line)["token_ids"]
        equal += sum(a == b for a, b in zip(ours, made))
        total += max(len(made), len(ours))
    return f"{equal} of {total}"


def compared_tokenizers(build, count):
    names = sorted({name for family in FAMILIES for name in family[2]})
    text = run(sys.executable, ROOT / "tests/tokenizers/compare.py", build, "--count", count, *names)
    return {name: differ for name, differ in re.findall(r"^\| (\S+) \|.*\| ([^|]*) \|$", text, re.M)}


def compared_templates(build, folder):
    if not folder:
        return {}
    text = run(sys.executable, ROOT / "tests/templates/compare.py", build / "tests/render_templates", folder)
    return {name: list(map(int, counts.split()))
            for name, counts in re.findall(r"^(\S+)((?: +\d+){7})$", text, re.M) if name != "all"}


def template_cell(counts):
    if not counts:
        return "-"
    equal, refused, lost, developer, ours, differ, marks = (sum(column) for column in zip(*counts))
    good, bad = equal + refused + developer, ours + differ + marks
    text = f"{len(counts)}: {good} of {good + lost + bad}"
    return text + (f", {lost} left out" if lost else "") + (f", **{bad} differ**" if bad else "")


def line(cells):
    return "| " + " | ".join(cells) + " |\n"


def numbers_row(family, logits, saved):
    name, cases, *_ = family
    half = max(cases, key=lambda case: logits[case]["bfloat16"] / logits[case]["own"])
    return line([name, f"{max(logits[case]['float32'] for case in cases):.1e}",
                 f"{logits[half]['bfloat16']:.4f} ({logits[half]['own']:.4f})",
                 f"{max(logits[case]['sft'] for case in cases):.1e}", f"{max(saved[case][0] for case in cases):.1e}",
                 "; ".join(saved[case][1] for case in cases)])


def texts_row(family, tokenizers_, templates):
    name, _, names, pattern = family
    differ = [f"{key}: " + re.sub(r"^(\d+) rows, (\S+) differ$", r"\2 of \1", tokenizers_[key]) for key in names]
    return line([name, "; ".join(differ),
                 template_cell([counts for key, counts in templates.items() if re.match(pattern, key)])])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--templates", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=10000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        logits = measured_logits(options.build, pathlib.Path(folder))
        saved = {}
        for case in [case for family in FAMILIES for case in family[1]]:
            place = pathlib.Path(folder) / re.sub(r"\W", "_", case)
            place.mkdir()
            saved[case] = save_and_load(options.build, case, place)
            print(case, *saved[case], flush=True)
    tokenizers_ = compared_tokenizers(options.build, options.count)
    templates = compared_templates(options.build, options.templates)
    import tokenizers
    versions = f"transformers {transformers.__version__}, torch {torch.__version__}, tokenizers {tokenizers.__version__}"
    page = HEADER.format(made_by=textwrap.fill(MADE_BY.format(versions=versions), 120, break_on_hyphens=False))
    page += "".join(numbers_row(family, logits, saved) for family in FAMILIES)
    page += TEXT_HEADER + "".join(texts_row(family, tokenizers_, templates) for family in FAMILIES)
    (ROOT / "docs/compatibility.md").write_text(page + NOTES)
    print("wrote docs/compatibility.md")


if __name__ == "__main__":
    main()
