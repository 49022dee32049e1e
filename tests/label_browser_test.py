"""Labels answers in headless Chromium as a person would, with keys and clicks, in two sittings.

    python3 tests/label_browser_test.py PROGRAM SCRATCH_DIR

The page is served through a small proxy that adds a script which presses the keys. Exit status 77 (skipped) where there is
no Chromium.
"""

import http.server
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PROMPTS = [
    {"id": "p", "prompt": "Say <script>document.body.dataset.hacked='yes'</script> hello.", "requirements": ["Be short.", "Be kind."]},
    {"id": "q", "prompt": "Say bye.", "requirements": ["Be short."]},
]
ANSWERS = [("p", 0, "Hello"), ("p", 1, "Hi <b>you</b>"), ("q", 0, "Bye"), ("q", 1, "So long")]
JUDGED = [("p", 0, 5), ("p", 1, 1), ("q", 0, 3), ("q", 1, 3)]

# Presses keys one after the other, waiting for what each is to bring about; leaves what it saw on the document.
DRIVER = """
const press = key => dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
const seen = [];
async function until(what, condition) {
  for (let i = 0; i < 200; ++i) {
    if (condition()) return seen.push(what);
    await new Promise(resume => setTimeout(resume, 20));
  }
  throw new Error('never: ' + what);
}
const pressed = () => document.querySelectorAll('[aria-pressed="true"]').length;
const place = () => (document.querySelector('#place') || {}).textContent || '';
(async () => {
  try {
    await until('ready', () => document.body.dataset.ready === 'yes');
    await STEPS();
    document.documentElement.dataset.used = 'yes';
  } catch (error) {
    document.documentElement.dataset.failed = error.message + ' after ' + seen.join(', ');
  }
})();
"""
FIRST = """
async function STEPS() {
  await until('the first prompt', () => place() === 'Prompt 1 of 2');
  press('y'); await until('one verdict', () => pressed() === 1);
  press('n'); await until('two verdicts', () => pressed() === 2);
  press('u'); await until('one taken back', () => pressed() === 1);
  press('n'); await until('two again', () => pressed() === 2);
  press('n'); await until('three', () => pressed() === 3);
  document.querySelectorAll('button.yes')[3].click();
  await until('the prompt is done', () => place() === 'Prompt 1 of 2, done');
}
"""
SECOND = """
async function STEPS() {
  await until('what is open comes first', () => place() === 'Prompt 2 of 2');
  press('ArrowLeft'); await until('what was said is shown', () => place() === 'Prompt 1 of 2, done' && pressed() === 4);
  press('Enter'); await until('the next one', () => place() === 'Prompt 2 of 2');
  press('n'); await until('one verdict', () => pressed() === 1);
  press('ArrowUp'); press('y'); await until('changed', () => document.querySelectorAll('button.yes[aria-pressed="true"]').length === 1);
  press('n'); await until('both', () => place() === 'Prompt 2 of 2, done');
  press('Enter'); await until('the end', () => document.querySelector('#end'));
  await until('agreement', () => document.querySelector('#agreement'));
  document.documentElement.dataset.agreement = document.querySelector('#agreement').textContent;
}
"""
RANKS = """
async function STEPS() {
  await until('the first prompt', () => place() === 'Prompt 1 of 2');
  press('3'); press('2'); await until('a rank that two answers have', () => pressed() === 1);
  press('1'); await until('both', () => place() === 'Prompt 1 of 2, done' && pressed() === 2);
  press('Enter'); await until('the next one', () => place() === 'Prompt 2 of 2');
  press('s'); await until('passed over', () => place() === 'Prompt 2 of 2, passed over' || document.querySelector('#end'));
}
"""
SCORES = """
async function STEPS() {
  await until('the first prompt', () => place() === 'Prompt 1 of 2');
  press('5'); await until('one score', () => pressed() === 1);
  press('0'); await until('both', () => place() === 'Prompt 1 of 2, done');
  press('Enter'); await until('the next one', () => place() === 'Prompt 2 of 2');
  press('3'); await until('one score', () => pressed() === 1);
  press('3'); await until('a tie', () => place() === 'Prompt 2 of 2, done');
}
"""


def proxy_of(port, script):
    class Proxy(http.server.BaseHTTPRequestHandler):
        def forward(self, body=None):
            request = urllib.request.Request(f"http://127.0.0.1:{port}{self.path}", body, method=self.command)
            if body is not None:
                request.add_header("Content-Type", self.headers["Content-Type"])
            try:
                answer = urllib.request.urlopen(request)
            except urllib.error.HTTPError as error:
                answer = error
            text = answer.read()
            if self.path == "/":
                text = text.replace(b"</body>", b"<script>" + script.encode() + b"</script></body>")
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self):
            self.forward()

        def do_POST(self):
            self.forward(self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def sitting(browser, program, scratch, steps, form="verdicts", out="labels"):
    """One start of the program, one use of the page -> what the page was left as, and what the program printed."""
    command = [program, "label", "--prompts", "p.jsonl", "--candidates", "c.jsonl", "--judgements", "j.jsonl"]
    command += ["--form", form, "--out", out]
    running = subprocess.Popen(command, cwd=scratch, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    first = running.stdout.readline()
    port = re.search(r"http://127\.0\.0\.1:(\d+)/", first)
    assert port, f"no address: {first}"
    proxy = proxy_of(port[1], steps + DRIVER)
    words = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={scratch}/profile"]
    words += ["--virtual-time-budget=20000", "--dump-dom", f"http://127.0.0.1:{proxy.server_port}/"]
    page = subprocess.run(words, capture_output=True, text=True, timeout=120).stdout
    proxy.shutdown()
    running.send_signal(signal.SIGINT)
    printed = first + running.communicate(timeout=30)[0]
    assert running.returncode == 0, printed
    return page, printed


def check(condition, *about):
    if not condition:
        sys.exit("FAILED: " + " ".join(map(str, about)))


def main():
    program, scratch = sys.argv[1], pathlib.Path(sys.argv[2])
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        print("skipped: no chromium, chromium-browser or google-chrome is installed")
        sys.exit(77)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    write = lambda name, rows: (scratch / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    write("p.jsonl", PROMPTS)
    keys = {"finish_reason": "stop", "token_ids": []}
    write("c.jsonl", [{"prompt_id": p, "index": i, "text": text} | keys for p, i, text in ANSWERS])
    write("j.jsonl", [{"prompt_id": p, "index": i, "score": score, "replies": []} for p, i, score in JUDGED])

    page, printed = sitting(browser, program, scratch, FIRST)
    check('data-used="yes"' in page, "first sitting:", re.findall('data-failed="[^"]*"', page), printed)
    check("data-hacked" not in page, "markup inside a text was run")
    page, printed = sitting(browser, program, scratch, SECOND)
    check('data-used="yes"' in page, "second sitting:", re.findall('data-failed="[^"]*"', page), printed)
    check("1 of 2 prompts are done" in printed, printed)
    check("2 of 2 prompts are done, 1 clicks changed an earlier one" in printed, printed)

    rows = [json.loads(line) for line in (scratch / "labels/verdicts.jsonl").read_text().splitlines()]
    check(len(rows) == 6, rows)
    ranked = [json.loads(line) for line in (scratch / "labels/ranked.jsonl").read_text().splitlines()]
    check([row["id"] for row in ranked] == ["p", "q"], ranked)
    check(sorted(ranked[1]["ranks"]) == [0, 1], ranked)
    log = [json.loads(line) for line in (scratch / "labels/labels.jsonl").read_text().splitlines()]
    check(len(log) == 6 + 3, "every key is a line:", log)  # five and one taken back; three
    pairs = re.search(r"of (\d+) pairs that you find different", printed)
    check(pairs and f"Of {pairs[1]} pairs" in page, printed)
    for form, steps, wanted in ("ranks", RANKS, {"p": [0, 1]}), ("scores", SCORES, {"p": [0, 1], "q": [0, 0]}):
        page, printed_here = sitting(browser, program, scratch, steps, form, form)
        check('data-used="yes"' in page, form, re.findall('data-failed="[^"]*"', page), printed_here)
        rows = [json.loads(line) for line in (scratch / form / "ranked.jsonl").read_text().splitlines()]
        check({row["id"]: sorted(row["ranks"]) for row in rows} == wanted, form, rows)
    print("labelled in two sittings:", printed.splitlines()[-1])


main()
