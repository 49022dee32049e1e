"""Real clients against `selfreward serve`: the openai package and lm-eval, compared with transformers.

    python tests/serve/clients.py PROGRAM [MODEL ...]

PROGRAM is the built selfreward; MODEL are checkpoint directories, tests/fixtures/tiny_llama where none is given. Needs
torch, transformers (bench/setup_peers.py has a venv with them), openai and lm_eval[api]; without openai exit status 77
(skipped), without lm_eval that part is left out with a line. Seen with openai 3.54, lm_eval 0.4.13, transformers 5.23.
Everything runs in float32 on the CPU. The last line counts what was checked.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
HERE = pathlib.Path(__file__).resolve().parent
KEY = "a key for tests"
TOLERANCE = 1e-3  # of log-probabilities
PROMPT = "Once upon a time there was a little dog"
MESSAGES = [{"role": "user", "content": "Tell me something about the sea."}]

try:
    import openai
    import torch
    import transformers
except ImportError as error:
    print(f"skipped: {error.name} is not installed for {sys.executable}")
    sys.exit(77)

passed, failed = 0, 0


def check(what, ok, detail=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"  FAILED: {what} {detail}", flush=True)


def fails_with(what, kind, work, param=None, code=None):
    try:
        work()
        check(what, False, "no error")
    except kind as error:
        check(what, (param is None or error.param == param) and (code is None or error.code == code), repr(error))


class Server:
    """A running `selfreward serve`, until the `with` block ends."""

    def __init__(self, program, model):
        self.command = [program, "serve", "--model", str(model), "--port", "0", "--dtype", "float32",
                        "--served-model-name", "it", "--api-key-env", "SERVE_TEST_KEY", "--max-queue", "32"]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True,
                                        env=os.environ | {"SERVE_TEST_KEY": KEY})
        for line in self.process.stderr:
            if found := re.search(r"http://\S+/v1", line):
                self.url = found[0]
                break
        else:
            sys.exit(f"the server does not start: {' '.join(self.command)}")
        self.log = concurrent.futures.ThreadPoolExecutor(1).submit(self.process.stderr.read)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        log = self.log.result()
        check("SIGTERM ends the server with status 0", status == 0, f"status {status}")
        check("every request has its line in the log", "POST /v1/completions 200" in log and log.endswith("stopped\n"))


class Reference:
    """The same checkpoint in transformers."""

    def __init__(self, directory):
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
        self.model = transformers.AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval()

    @torch.no_grad()
    def greedy(self, ids, count):
        out = self.model.generate(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long),
                                  do_sample=False, max_new_tokens=count, pad_token_id=0)
        return out[0, len(ids):].tolist()

    @torch.no_grad()
    def log_probs(self, ids):
        return self.model(torch.tensor([ids])).logits[0].log_softmax(-1)


def check_completions(client, reference):
    complete = lambda **more: client.completions.create(**({"model": "it", "prompt": PROMPT, "max_tokens": 24} | more))
    ids = reference.tokenizer(PROMPT)["input_ids"]
    greedy = complete(temperature=0)
    expected = reference.greedy(ids, 24)
    decode = lambda tokens: reference.tokenizer.decode(tokens, skip_special_tokens=True)
    text = decode(ids + expected)[len(decode(ids)):]
    check("greedy text is transformers'", greedy.choices[0].text == text, f"{greedy.choices[0].text!r} {text!r}")
    check("usage", (greedy.usage.prompt_tokens, greedy.usage.completion_tokens) == (len(ids), len(expected)))
    by_ids = complete(prompt=ids, temperature=0)
    check("a prompt of ids", by_ids.choices[0].text == text)
    several = complete(prompt=[ids, ids[:3]], temperature=0)
    check("several prompts", several.choices[0].text == text and several.choices[1].index == 1)

    drawn = complete(n=3, seed=7)
    texts = [choice.text for choice in drawn.choices]
    check("n answers differ", len(set(texts)) == 3, texts)
    check("a seed gives them again", [choice.text for choice in complete(n=3, seed=7).choices] == texts)
    check("another seed others", complete(seed=8).choices[0].text != texts[0])
    check("one answer is the first of three", complete(seed=7).choices[0].text == texts[0])
    stop = texts[0][len(texts[0]) // 2:][:3]
    cut = complete(seed=7, stop=[stop, "never said"])
    check("stop", cut.choices[0].text == texts[0].split(stop)[0] and cut.choices[0].finish_reason == "stop", repr(stop))

    streamed = ["", "", ""]
    for event in complete(n=3, seed=7, stream=True, stream_options={"include_usage": True}):
        for choice in event.choices:
            streamed[choice.index] += choice.text
        usage = event.usage
    check("streams join to the whole", streamed == texts)
    check("usage of a stream", usage == drawn.usage)


def check_echo(client, reference):
    ids = reference.tokenizer(PROMPT)["input_ids"]
    choice = client.completions.create(model="it", prompt=ids, max_tokens=1, temperature=0, logprobs=2,
                                       echo=True).choices[0]
    expected = reference.log_probs(ids)
    given = choice.logprobs.token_logprobs
    check("echo scores every token but the first", given[0] is None and len(given) >= len(ids))
    worst = max(abs(given[i + 1] - expected[i, ids[i + 1]].item()) for i in range(len(ids) - 1))
    check("log-probabilities of the prompt are transformers'", worst < TOLERANCE, f"off by {worst}")
    worst = max(abs(sorted(choice.logprobs.top_logprobs[i + 1].values())[-1] - expected[i].max().item())
                for i in range(len(ids) - 1))
    check("so are the most probable ones", worst < TOLERANCE, f"off by {worst}")
    offsets, tokens = choice.logprobs.text_offset, choice.logprobs.tokens
    places = [(at, token) for at, token in zip(offsets, tokens) if choice.text[at:].startswith(token)]
    check("tokens stand at their places", len(places) >= len(tokens) - 2, f"{tokens} {offsets} {choice.text!r}")
    only = client.completions.create(model="it", prompt=PROMPT, max_tokens=0, logprobs=0, echo=True)
    check("max_tokens 0 is the prompt alone", only.choices[0].text == PROMPT and only.usage.completion_tokens == 0)


def generated_by_command(program, directory, question, count):
    """The greedy answer of `selfreward generate`."""
    with tempfile.TemporaryDirectory() as folder:
        prompts, out = pathlib.Path(folder) / "prompts.jsonl", pathlib.Path(folder) / "out.jsonl"
        prompts.write_text(json.dumps({"id": "p", "prompt": question, "origin": "test"}) + "\n")
        settings = ["model.dtype=float32", "candidates.num_generations=1", "candidates.sampling.temperature=0",
                    f"candidates.sampling.max_new_tokens={count}"]
        subprocess.run([program, "generate", "--model", directory, "--prompts", prompts, "--out", out,
                        *[word for setting in settings for word in ("--set", setting)]],
                       check=True, stderr=subprocess.DEVNULL)
        return json.loads(out.read_text().splitlines()[0])["text"]


def check_chat(client, reference, program, directory):
    chat = lambda **more: client.chat.completions.create(
        **({"model": "it", "messages": MESSAGES, "max_tokens": 24} | more))
    greedy = chat(temperature=0, logprobs=True, top_logprobs=2).choices[0]
    same = generated_by_command(program, directory, MESSAGES[0]["content"], 24)
    check("greedy text is that of `generate`", greedy.message.content.strip() == same, repr(same))
    ids = reference.tokenizer.apply_chat_template(MESSAGES, add_generation_prompt=True, return_dict=False)
    expected = reference.greedy(ids, 24)
    check("and transformers'", greedy.message.content == reference.tokenizer.decode(expected, skip_special_tokens=True))
    log_probs = reference.log_probs(ids + expected)[len(ids) - 1:]
    entries = greedy.logprobs.content
    worst = max(abs(entry.logprob - log_probs[i, expected[i]].item()) for i, entry in enumerate(entries))
    check("log-probabilities are transformers'", worst < TOLERANCE and len(entries) == len(expected), f"off by {worst}")
    check("the top begins with the greedy token", all(entry.top_logprobs[0].token == entry.token for entry in entries))

    whole = chat(seed=3, n=2)
    texts, reasons, roles = ["", ""], [None, None], set()
    for event in chat(seed=3, n=2, stream=True):
        for choice in event.choices:
            texts[choice.index] += choice.delta.content or ""
            reasons[choice.index] = choice.finish_reason or reasons[choice.index]
            roles.add((choice.index, choice.delta.role))
    check("streams join to the whole", texts == [choice.message.content for choice in whole.choices])
    check("roles and ends of streams", {(0, "assistant"), (1, "assistant")} <= roles and
          reasons == [choice.finish_reason for choice in whole.choices])
    parts = chat(seed=3, n=2, messages=[{"role": "user", "content": [{"type": "text", "text": MESSAGES[0]["content"]}]}])
    check("text parts are text", [c.message.content for c in parts.choices] == [c.message.content for c in whole.choices])
    fails_with("response_format", openai.BadRequestError, lambda: chat(response_format={"type": "json_object"}),
               param="response_format")
    fails_with("an unknown parameter", openai.BadRequestError, lambda: chat(extra_body={"mirostat": 2}), param="mirostat")


def check_errors(client, url):
    complete = lambda **more: client.completions.create(**({"model": "it", "prompt": PROMPT} | more))
    fails_with("another model", openai.NotFoundError, lambda: complete(model="gpt"), code="model_not_found")
    fails_with("a long answer", openai.BadRequestError, lambda: complete(max_tokens=10**6), code="context_length_exceeded")
    fails_with("logit_bias", openai.BadRequestError, lambda: complete(logit_bias={"5": 3}), param="logit_bias")
    stranger = openai.OpenAI(base_url=url, api_key="wrong", max_retries=0)
    fails_with("a wrong key", openai.AuthenticationError, stranger.models.list, code="invalid_api_key")
    check("models", [model.id for model in client.models.list()] == ["it"])


def check_many_clients(client):
    # Not hotter: among thousands of tokens with almost one probability the last bit of a sum decides.
    ask = lambda seed: client.completions.create(model="it", prompt=PROMPT[:8 + seed], seed=seed, max_tokens=20 + seed,
                                                 temperature=seed / 8).choices[0].text
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        together = list(pool.map(ask, range(8)))
    check("eight clients at once get what each gets alone", together == [ask(seed) for seed in range(8)])


def compare_lm_eval(name, ours, theirs):
    """Samples of one task: texts are equal, log-likelihoods within the tolerance. (A tokenizer in the way of
    SentencePiece drops the space in front of new tokens that are decoded alone, as transformers does.)"""
    worst = 0
    for mine, peer in zip(ours, theirs, strict=True):
        for a, b in zip(mine["resps"], peer["resps"], strict=True):
            a, b = a[0], b[0]
            if isinstance(b, str):
                check(f"lm-eval {name}: text", a in (b, " " + b), f"{a!r} {b!r}")
            else:
                worst = max(worst, abs(float(a[0]) - float(b[0])))
                check(f"lm-eval {name}: is greedy", a[1] == b[1], mine["arguments"])
    check(f"lm-eval {name}: log-likelihoods", worst < TOLERANCE, f"off by {worst}")
    print(f"  lm-eval {name}: {len(ours)} documents, log-likelihoods off by at most {worst:.1e}", flush=True)


def check_lm_eval(directory, url, reference):
    try:
        import lm_eval
        import lm_eval.tasks
    except ImportError:
        print("  lm-eval is left out: lm_eval is not installed")
        return
    os.environ["OPENAI_API_KEY"] = KEY
    os.chdir(HERE / "tasks")

    def samples(model, arguments, tasks, **more):
        return lm_eval.simple_evaluate(
            model=model, model_args=arguments, tasks=tasks, device="cpu", bootstrap_iters=0, log_samples=True,
            task_manager=lm_eval.tasks.TaskManager(include_path=str(HERE / "tasks"), include_defaults=False), **more)["samples"]

    both = ["selfreward_write", "selfreward_choose"]
    tokenizer = reference.tokenizer
    bos = tokenizer("a")["input_ids"][0] == tokenizer.bos_token_id
    same = {"max_length": reference.model.config.max_position_embeddings, "add_bos_token": bos}
    peer = {"pretrained": str(directory), "dtype": "float32"} | same
    served = {"model": "it", "tokenizer": str(directory), "num_concurrent": 4, "max_retries": 1} | same
    theirs = samples("hf", peer, both)
    for ids in (True, False):
        tasks = both if ids or not bos else both[:1]  # lm-eval does not count a BOS that the server adds to a text
        how = {"tokenized_requests": ids, "base_url": url + "/completions"}
        ours = samples("local-completions", served | how, tasks)
        for task in tasks:
            compare_lm_eval(f"{task}, prompts as {'ids' if ids else 'texts'}", ours[task], theirs[task])
    if not tokenizer.chat_template:
        return
    ours = samples("local-chat-completions", served | {"base_url": url + "/chat/completions"}, both[:1], apply_chat_template=True)
    theirs = samples("hf", peer, both[:1], apply_chat_template=True)
    compare_lm_eval("selfreward_write, as a chat", ours[both[0]], theirs[both[0]])


def check_model(program, directory):
    print(directory, flush=True)
    reference = Reference(directory)
    chats = reference.tokenizer.chat_template is not None
    with Server(program, directory) as server:
        client = openai.OpenAI(base_url=server.url, api_key=KEY, max_retries=0)
        check_completions(client, reference)
        check_echo(client, reference)
        if chats:
            check_chat(client, reference, program, directory)
        check_errors(client, server.url)
        check_many_clients(client)
        check_lm_eval(directory, server.url, reference)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = pathlib.Path(sys.argv[1]).resolve()
    models = sys.argv[2:] or [HERE.parent / "fixtures/tiny_llama"]
    for model in models:
        check_model(program, pathlib.Path(model).resolve())
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
