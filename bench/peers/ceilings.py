"""The machine's ceilings: torch's GEMM (1024 and 2048 cubed), reading memory. Prints one JSON line."""
import time

import torch

from common import arguments, prepare, report


def best_seconds(work, budget=1.0):
    """The best of as many calls as fit into the budget, after one that is not counted."""
    work()
    seconds, end = [], time.perf_counter() + budget
    while len(seconds) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def gemm_gflops(size, dtype):
    a, b = torch.randn(size, size, dtype=dtype), torch.randn(size, size, dtype=dtype)
    return 2 * size**3 / best_seconds(lambda: torch.mm(a, b)) / 1e9


def read_gb_per_s():
    values = torch.ones(1 << 28)
    return values.numel() * 4 / best_seconds(lambda: torch.dot(values, values)) / 1e9


def main():
    args = arguments()
    prepare()
    dtype = getattr(torch, args.dtype)
    sizes = {f"gemm_{n}_gflops": gemm_gflops(n, dtype) for n in (1024, 2048)}
    report(torch.__version__, **sizes, gflops=max(sizes.values()), read_gb_per_s=read_gb_per_s())


main()
