"""TRL's SFTTrainer and DPOTrainer. Prints one JSON line.

As shipped, except that gradient checkpointing (TRL's default) is off unless --gradient-checkpointing is given,
which favours TRL, and the rows come in the order of the file. --precompute: the reference's log-probs in a pass
before training, its time counted.
"""
import tempfile
import time

import trl
from datasets import Dataset
from transformers import AutoTokenizer, TrainerCallback

from common import arguments, batches, load_model, load_workload, prepare, report


class Clock(TrainerCallback):
    """When training began and when each step ended."""

    def __init__(self):
        self.marks = []

    def on_train_begin(self, *_, **__):
        self.marks.append(time.perf_counter())

    def on_step_end(self, *_, **__):
        self.marks.append(time.perf_counter())


def config(args, data):
    steps = len(batches(data))
    common = dict(output_dir=tempfile.mkdtemp(), per_device_train_batch_size=data["batch"], max_steps=steps,
                  train_sampling_strategy="sequential", max_length=512, learning_rate=1e-5, seed=0,
                  bf16=False, gradient_checkpointing=args.gradient_checkpointing, use_cpu=True, save_strategy="no",
                  report_to="none", disable_tqdm=True)
    if args.workload == "sft":
        return trl.SFTConfig(**common)
    return trl.DPOConfig(beta=0.1, precompute_ref_log_probs=args.precompute, **common)


def count_tokens(trainer):
    """Counts each step's tokens that are no padding, to prove that the rows arrive as in the file."""
    original, counts = trainer.training_step, []

    def training_step(model, inputs, *rest, **named):
        counts.append(int(inputs["attention_mask"].sum()))
        return original(model, inputs, *rest, **named)

    trainer.training_step = training_step
    return counts


def check_counts(counts, data):
    """A token or two more a row are TRL's end-of-turn tokens."""
    for count, rows in zip(counts, batches(data), strict=True):
        answers = [row[key] for row in rows for key in ("completion", "chosen", "rejected") if key in row]
        each = len(answers) // len(rows)
        wanted = sum(map(len, answers)) + sum(each * len(row["prompt"]) for row in rows)
        assert wanted <= count <= wanted + len(answers), f"TRL has {count} tokens, the file {wanted}"


def time_reference():
    """The seconds that TRL spends on the reference before training."""
    original, seconds = trl.DPOTrainer._precompute_ref_logps, [0.0]

    def timed(*arguments):
        start = time.perf_counter()
        dataset = original(*arguments)
        seconds[0] += time.perf_counter() - start
        return dataset

    trl.DPOTrainer._precompute_ref_logps = timed
    return seconds


def main():
    args = arguments("--precompute", "--gradient-checkpointing")
    prepare()
    data = load_workload(args)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    rows = [{key: tokenizer.decode(ids) for key, ids in row.items()} for row in data["rows"]]
    reference, clock = time_reference(), Clock()
    trainer = (trl.SFTTrainer if args.workload == "sft" else trl.DPOTrainer)(
        model=load_model(args), args=config(args, data), train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer, callbacks=[clock])
    counts = count_tokens(trainer)
    trainer.train()
    check_counts(counts, data)
    warmup, steps = data["warmup_steps"], len(batches(data))
    reference_s = reference[0] * (steps - warmup) / steps  # of the timed rows
    steps_s = clock.marks[-1] - clock.marks[warmup]
    report(trl.__version__, wall_s=steps_s + reference_s, reference_s=reference_s)


main()
