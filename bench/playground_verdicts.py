"""What a checklist judge needs of the playground, whose prompts are lists of requirements ("... : 4 letters , starts g").

    python bench/playground_verdicts.py prompts OUT ROWS.jsonl...        prompts or ranked answers with their requirements
    python bench/playground_verdicts.py verdicts OUT PROMPTS CANDIDATES  verdicts on answers, by playground/gold.yaml's rules
    python bench/playground_verdicts.py bare OUT VERDICTS                the same without their evidence

The rules say what is met; the evidence is the one that the playground's own judge notes ("starts g found h").
"""

import json
import re
import sys

VOWELS = "aei"


def rows_of(path):
    return [json.loads(line) for line in open(path)]


def write(path, rows):
    with open(path, "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def requirements_of(prompt):
    return [part.strip() for part in prompt.split(":", 1)[1].split(",")]


def rules():
    """(when, then) of playground/gold.yaml, a list of two-line entries of single-quoted texts."""
    text = open("playground/gold.yaml").read()
    return re.findall(r"- when: '(.*)'\n\s+then: '(.*)'", text)


def is_met(requirement, answer):
    if not re.fullmatch("[a-l](?: [a-l])*", answer):
        return False
    for when, then in rules():
        match = re.search(when, ": " + requirement)
        if match:
            caught = match.group(1) if match.groups() else ""
            return re.search(then.replace("$1", caught), answer) is not None
    raise SystemExit(f"playground_verdicts: no rule of playground/gold.yaml for '{requirement}'")


def found(requirement, letters):
    if requirement.endswith("letters"):
        return str(len(letters))
    if requirement.endswith("vowels"):
        return str(sum(letter in VOWELS for letter in letters))
    if requirement == "no repeats":
        return next((letter for i, letter in enumerate(letters) if letter in letters[:i]), "none")
    place = {"starts": 0, "ends": -1, "second": 1}.get(requirement.split()[0])
    if place is None:  # has x, no x
        return requirement[-1] if requirement[-1] in letters else "none"
    return letters[place] if len(letters) > max(place, 0) else "none"


def verdicts(prompts, candidates):
    by_id = {row["id"]: row["prompt"] for row in prompts}
    for answer in candidates:
        prompt = by_id[answer["prompt_id"]]
        for i, requirement in enumerate(requirements_of(prompt)):
            yield {
                "id": f"{answer['prompt_id']}/{answer['index']}/{i}",
                "prompt": prompt,
                "answer": answer["text"],
                "requirement": requirement,
                "evidence": f"{requirement} found {found(requirement, answer['text'].split())}",
                "met": is_met(requirement, answer["text"]),
                "kind": re.sub(r"\b[a-l]\b|\d", "", requirement).strip(),
            }


def main():
    what, out, *files = sys.argv[1:]
    if what == "prompts":
        rows = [row for file in files for row in rows_of(file)]
        write(out, [row | {"requirements": requirements_of(row["prompt"])} for row in rows])
    elif what == "verdicts":
        write(out, verdicts(rows_of(files[0]), rows_of(files[1])))
    else:
        write(out, [row | {"evidence": ""} for row in rows_of(files[0])])


main()
