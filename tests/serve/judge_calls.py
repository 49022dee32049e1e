"""Judge calls of our own client: against our own server, and against llama-cpp-python's.

    python tests/serve/judge_calls.py PROGRAM MODEL [GGUF]

PROGRAM is the built selfreward, MODEL a checkpoint directory that can chat (SmolLM2-135M-Instruct), GGUF a file for
llama-cpp-python's server; without it, or without that package's server, its part is left out with a line. Greedy and in
float32, `evaluate winrate --endpoint` against our server must get the replies that `--judge MODEL` gets, and a second
call must send nothing. Seen with llama-cpp-python 0.3.36.
"""
import importlib.util
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

PROMPTS = ["Why is the sky blue?", "Name three rivers.", "How do I boil an egg?", "Say hello in French."]
ANSWERS = {"good": ["Air scatters blue light more than red.", "The Nile, the Danube, the Amazon.",
                    "Put it into boiling water for eight minutes.", "Bonjour!"],
           "poor": ["It is.", "rivers", "Egg.", "I like long walks by the sea."]}
SETTINGS = ["--set", "judge.sampling.temperature=0", "--set", "judge.sampling.max_new_tokens=24", "--set",
            "model.dtype=float32"]
LLAMA_PORT = 18431


def write_outputs(folder):
    for name, answers in ANSWERS.items():
        rows = [{"instruction": p, "output": a, "generator": name} for p, a in zip(PROMPTS, answers, strict=True)]
        (folder / f"{name}.json").write_text(json.dumps(rows))
    return [str(folder / f"{name}.json") for name in ANSWERS]


def compare(program, outputs, out, *judge):
    """What was printed, and the judge's replies in order."""
    done = subprocess.run([program, "evaluate", "winrate", *outputs, *judge, "--rubric", "rubrics/pairwise.yaml",
                           "--out", str(out), *SETTINGS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    file = out / "comparisons" / "good_vs_poor.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    replies = [tuple(row[f"reply_shown_{place}"].strip() for place in ("first", "second")) for row in rows]
    return done.stdout + done.stderr, replies


def check_endpoint(program, outputs, out, url, model):
    judge = ["--endpoint", url, "--judge-model", model]
    printed, replies = compare(program, outputs, out, *judge)
    assert "to send: 8" in printed, printed
    assert len(replies) == len(PROMPTS) and all(map(any, replies)), replies
    for path in out.glob("**/*"):  # all but the cache, so that it alone answers
        if path.is_file() and path.name != "endpoint.jsonl":
            path.unlink()
    printed, again = compare(program, outputs, out, *judge)
    assert "to send: 0" in printed and again == replies, printed
    return replies


def check_own_server(program, model, outputs, folder):
    server = subprocess.Popen([program, "serve", "--model", model, "--port", "0", "--dtype", "float32",
                               "--served-model-name", "judge"], stderr=subprocess.PIPE, text=True)
    try:
        url = next(found[0] for line in server.stderr if (found := re.search(r"http://\S+/v1", line)))
        by_endpoint = check_endpoint(program, outputs, folder / "own", url, "judge")
    finally:
        server.terminate()
    _, by_judge = compare(program, outputs, folder / "local", "--judge", model)
    assert by_endpoint == by_judge, (by_endpoint, by_judge)
    print(f"our server: {2 * len(PROMPTS)} replies, each as the local judge's; the second time none was sent")


def wait_for(url):
    for _ in range(120):
        try:
            return urllib.request.urlopen(url).read()
        except OSError:
            time.sleep(0.5)
    sys.exit(f"{url} does not answer")


def check_llama_cpp(program, gguf, outputs, folder):
    server = subprocess.Popen([sys.executable, "-m", "llama_cpp.server", "--model", gguf, "--model_alias", "judge",
                               "--port", str(LLAMA_PORT)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{LLAMA_PORT}/v1"
        wait_for(url + "/models")
        check_endpoint(program, outputs, folder / "llama", url, "judge")
    finally:
        server.terminate()
    print(f"llama-cpp-python's server: {2 * len(PROMPTS)} replies; the second time none was sent")


def main():
    program, model, gguf = (sys.argv[1:] + [None])[:3]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        outputs = write_outputs(folder)
        check_own_server(program, model, outputs, folder)
        if gguf and importlib.util.find_spec("llama_cpp"):
            check_llama_cpp(program, gguf, outputs, folder)
        else:
            print("llama-cpp-python's server is left out: no GGUF file is named, or the package is not installed")


if __name__ == "__main__":
    main()
