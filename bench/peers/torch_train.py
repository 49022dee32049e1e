"""SFT as a bare torch loop: the transformers model and its loss, backward, fused AdamW. Prints one JSON line.

The rows of a batch go through one by one and their gradients add up: no padding, faster than a batch.
"""
import time

import torch

from common import arguments, batches, load_model, load_workload, prepare, report


def train_step(model, optimizer, rows):
    answers = sum(len(row["completion"]) for row in rows)
    for row in rows:
        ids = torch.tensor([row["prompt"] + row["completion"]])
        labels = ids.clone()
        labels[:, :len(row["prompt"])] = -100  # the loss is that of the answers
        model(input_ids=ids, labels=labels, num_items_in_batch=answers).loss.backward()
    optimizer.step()
    optimizer.zero_grad()


def main():
    args = arguments()
    prepare()
    data = load_workload(args)
    model = load_model(args).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    for step, rows in enumerate(batches(data)):
        if step == data["warmup_steps"]:
            start = time.perf_counter()
        train_step(model, optimizer, rows)
    report(torch.__version__, wall_s=time.perf_counter() - start)


main()
