"""What the Python peers share: arguments (selfreward-bench's), the model, the one JSON line they print."""
import argparse
import json
import os
import pathlib

import torch
import transformers


def arguments(*flags):
    parser = argparse.ArgumentParser()
    parser.add_argument("workload")
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], required=True)
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    return parser.parse_args()


def prepare():
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.manual_seed(0)
    transformers.logging.set_verbosity_error()


def load_workload(args):
    return json.loads(args.file.read_text())


def load_model(args):
    return transformers.AutoModelForCausalLM.from_pretrained(args.model, dtype=getattr(torch, args.dtype))


def batches(data):
    """The rows of one training step each, in the order of the file."""
    rows, size = data["rows"], data["batch"]
    return [rows[i:i + size] for i in range(0, len(rows), size)]


def peak_rss_mib():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def report(version, **values):
    print(json.dumps({"version": version, **values, "peak_rss_mib": peak_rss_mib()}), flush=True)
