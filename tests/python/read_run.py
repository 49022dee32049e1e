"""Reads the event files and model cards that unit tests left behind with the packages that users read them with.

    python tests/python/read_run.py TENSORBOARD_EXAMPLE CARD_EXAMPLE     (tensorboard 2.20, huggingface_hub 1 or 2)

Exit status 77 (skipped) where a package is not there.
"""
import json
import pathlib
import sys

try:
    import tensorboard.backend.event_processing.event_accumulator as accumulator
    from huggingface_hub import ModelCard
except ImportError as missing:
    print(f"skipped: {missing}; pip install tensorboard huggingface_hub")
    sys.exit(77)


def read_events(directory):
    events = accumulator.EventAccumulator(str(directory), size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
    return events.Reload()


def check_training(directory):
    """Every number of metrics.jsonl under train/, to float32."""
    rows = {}
    for line in (directory / "metrics.jsonl").read_text().splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        rows[row["step"]] = row
    events = read_events(directory)
    keys = {key for row in rows.values() for key in row if key != "step"}
    assert {"train/" + key for key in keys} == set(events.Tags()["scalars"]), events.Tags()["scalars"]
    for key in keys:
        read = [(event.step, event.value) for event in events.Scalars("train/" + key)]
        wanted = [(step, row[key]) for step, row in sorted(rows.items()) if key in row]
        assert [step for step, _ in read] == [step for step, _ in wanted], key
        assert all(abs(a - b) <= 1e-6 * max(1, abs(b)) for (_, a), (_, b) in zip(read, wanted)), key
    return len(rows)


def check_rounds(run):
    events = read_events(run)
    for t, event in zip((1, 2), events.Scalars("round/score_mean"), strict=True):
        assert event.step == t
        assert abs(event.value - json.loads((run / f"M{t}/round.json").read_text())["score_mean"]) < 1e-5
    scores = events.Histograms("round/scores")
    counts = json.loads((run / "M1/round.json").read_text())["score_histogram"]
    assert scores[0].histogram_value.num == sum(counts.values())
    assert list(scores[0].histogram_value.bucket) == list(counts.values())
    assert [event.step for event in events.Scalars("evaluation/gold/sampled/mean")] == [0, 1, 2, 3]


def check_card(path, library, relation):
    card = ModelCard.load(path)
    data = card.data.to_dict()
    assert data["library_name"] == library and data["pipeline_tag"] == "text-generation", data
    assert data["base_model_relation"] == relation and "self-rewarding" in data["tags"], data
    assert "from_pretrained" in card.text
    return data


run, cards = map(pathlib.Path, sys.argv[1:])
steps = check_training(run / "training" / "M2")
check_rounds(run)
check_card(cards / "M1" / "README.md", "transformers", "finetune")
check_card(cards / "M2" / "README.md", "peft", "adapter")
print(f"read {steps} steps, 2 rounds and 2 cards")
