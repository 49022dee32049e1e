"""Makes docs/performance.md from the results of bench/run: performance_table.py RESULTS [PAGE]"""
import json
import os
import pathlib
import platform
import re
import statistics
import sys
import textwrap

HERE = pathlib.Path(__file__).resolve().parent
OURS = "selfreward"
CHECKPOINTED = "selfreward, gradient checkpointing"
SECTIONS = {"amx": "With AMX", "avx512": "Without AMX"}
HELD_BACK = "Measured on a processor with AMX: oneDNN held to AVX-512, as on one that has none.\n"
INTRODUCTION = """Made by `bench/run` (tables: `bench/performance_table.py`): all tools on the same machine, one
after the other in one run, from the same files of token ids, with the same weights (SmolLM2-135M-Instruct).
Lengths are fixed, the end of turn is ignored; temperature 0.7, top-p 0.9. One-thread runs are pinned.

- Ratios are medians over the repeats, of rates of the same repeat, as a machine is faster in some hours than in
  others; rates are medians over the repeats that measured a peer too, where there are such.
- Share of peak: FLOPs over the best GEMM of torch (1024 or 2048 cubed) of the same type and threads in this
  run. FLOPs are 2 P a token of generation, each prompt counted once, and 6 P a token of training, P the
  parameters of matrix products. So work that a shared prefix saves is credited, DPO's reference pass is not.
- TRL "as shipped" has gradient checkpointing off, which favours it (its default is on; for DPO both are measured).
  "Malloc tuned": glibc keeps its pages. The bare torch loop trains row by row, without padding. In bfloat16 the peers'
  weights and optimizer state are bfloat16.
- llama.cpp reads a shared prefix once, keeps its KV cache in float16 and uses AMX for quantized weights only,
  not for bfloat16 or float32.
- transformers prompt by prompt: the first four prompts.
"""
WORKLOADS = {
    "candidates": ("Candidates, new tokens a second",
                   "16 prompts of 96 tokens, 4 samples each, 96 new tokens."),
    "judge": ("Judge, new tokens a second",
              "8 instructions x 4 candidates: prompts of 384 tokens, 256 shared; 3 samples of 64 tokens."),
    "sft": ("SFT, tokens a second (padding not counted)",
            "Rows of 128 to 512 tokens, batches of 4; the first 2 of 6 steps not timed."),
    "dpo": ("DPO, pairs a second (reference included)",
            "Prompts of 128 tokens, answers of 64 to 192, batches of 4; the first of 3 steps not timed."),
    "iteration": ("One whole iteration, prompts a second",
                  "32 prompts, 4 candidates each, 3 judgements of each candidate, DPO on 64 pairs."),
}
# workload -> the candidates workload with more work
CURVES = {"prompts_4x": "4x prompts", "length_4x": "4x new tokens", "samples_8x": "8x samples"}
CURVES_TEXT = """The candidates workload with several times the work. The rate is to fall by at most 15 %,
attention apart, whose cost grows with the square of the length. "Attention" is its share of the time,
measured in runs of their own.
"""
PROFILED = "profiled"  # the mode of those runs
LINEAR = 0.85  # of the rate
# seconds a prompt: its work in each part, over the rate of the tool that does the part ("": the best peer)
PARTS = {"candidates": 4 * 96, "judge": 4 * 3 * 64, "dpo": 1}
LOOPS = {
    "transformers + TRL, as shipped": ("transformers, one batched call", "transformers, one batched call",
                                       "TRL, as shipped"),
    "best peer of each part": ("", "", ""),
    OURS: (OURS, OURS, OURS),
}


def cpu_info(field):
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(field)), "unknown")


def cpu_flags():
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8")
    return [flag for flag in wanted if flag in cpu_info("flags").split()]


def machine():
    kib = int(pathlib.Path("/proc/meminfo").read_text().split()[1])
    return {"CPU": cpu_info("model name"), "instructions": ", ".join(cpu_flags()), "cores": os.cpu_count(),
            "memory": f"{kib / 2**20:.0f} GiB", "system": f"{platform.system()} {platform.release()}"}


def read_results(file):
    return [json.loads(line) for line in file.read_text().splitlines() if line.strip()]


def rate(row):
    if row["workload"] == "iteration":
        return row["prompts"] / row["wall_s"]
    return row["pairs_per_s" if row["workload"] == "dpo" else "tokens_per_s"]


def name_of(row):
    return ", ".join(filter(None, (row["tool"], row["mode"])))


def summary(all_runs, compared):
    """Medians of one measurement's repeats, of those among `compared` where there are such."""
    runs = [row for row in all_runs if row["repeat"] in compared] or all_runs
    keys = [key for key in ("gflops", "peak_rss_mib", "gemm_1024_gflops", "gemm_2048_gflops", "read_gb_per_s")
            if key in runs[0]]
    result = {key: statistics.median(row[key] for row in runs) for key in keys}
    if runs[0]["workload"] == "ceilings":
        return result
    rates = sorted(map(rate, runs))
    result.update(rate=statistics.median(rates), low=rates[0], high=rates[-1], runs=len(rates),
                  of_repeat={row["repeat"]: rate(row) for row in all_runs})
    return result


def summarise(rows):
    """(dtype, threads) -> (workload, name) -> summary: what is called groups, place -> group, below."""
    runs = {}
    for row in sorted(rows, key=lambda row: (row["threads"], row["dtype"])):
        group = runs.setdefault((row["dtype"], row["threads"]), {})
        group.setdefault((row["workload"], name_of(row)), []).append(row)
    return {place: {key: summary(rows, peer_repeats(group)) for key, rows in group.items()}
            for place, group in runs.items()}


def peer_repeats(group):
    """Repeats that measured a peer: what we measured of ourselves in other hours does not stand beside them."""
    return {row["repeat"] for (work, tool), rows in group.items() for row in rows
            if work != "ceilings" and is_peer(tool)}


def is_peer(tool):
    return not tool.startswith(OURS)  # whatever its mode


def best(group, workload, name="", repeat=None):
    """The best rate, in one repeat or the median, of the tools whose name begins so, of all peers without a name;
    None: not measured."""
    rates = [stat["rate"] if repeat is None else stat["of_repeat"].get(repeat)
             for (work, tool), stat in group.items()
             if work == workload and tool.startswith(name) and (name or is_peer(tool))]
    return max(filter(None, rates), default=None)


def over(a, b):
    return a / b if a and b else None


def peak_share(group, stat):
    ceiling = next((stat["gflops"] for (work, _), stat in group.items() if work == "ceilings"), None)
    return over(stat.get("gflops"), ceiling)


def of_repeats(ratio):
    """The median of ratio(group, repeat), as machines are faster in some hours than in others; of the medians
    where no repeat has both sides."""
    def median(group):
        repeats = {repeat for stat in group.values() for repeat in stat.get("of_repeat", ())}
        values = [value for repeat in repeats if (value := ratio(group, repeat))]
        return statistics.median(values) if values else ratio(group, None)
    return median


def seconds(group, loop, repeat=None):
    return [over(work, best(group, part, tool, repeat)) for (part, work), tool in zip(PARTS.items(), LOOPS[loop])]


def total(seconds):
    return sum(seconds) if all(seconds) else None


def times(workload, peer, ours=OURS):
    return of_repeats(lambda group, repeat: over(best(group, workload, ours, repeat),
                                                 best(group, workload, peer, repeat)))


def loop_times(loop):
    return of_repeats(lambda group, repeat: over(total(seconds(group, loop, repeat)),
                                                 total(seconds(group, OURS, repeat))))


def share(workload):
    return lambda group: peak_share(group, group.get((workload, OURS), {}))


def memory_gib(workload, tool=OURS):
    return lambda group: over(group.get((workload, tool), {}).get("peak_rss_mib"), 1024)


GOAL_PLACES = [("bfloat16", 1), ("float32", 1)]
# what, its value in a group, the goal, unit; memory is to stay below its goal
GOALS = [
    ("candidates / llama.cpp", times("candidates", "llama.cpp"), 2, "x"),
    ("candidates / transformers, one batched call", times("candidates", "transformers, one batched"), 5, "x"),
    ("candidates / transformers, prompt by prompt", times("candidates", "transformers, prompt"), None, "x"),
    ("candidates, share of peak", share("candidates"), 0.6, "%"),
    ("judge / llama.cpp", times("judge", "llama.cpp"), 2, "x"),
    ("judge / transformers", times("judge", "transformers"), 8, "x"),
    ("SFT / TRL as shipped", times("sft", "TRL, as shipped"), 2.5, "x"),
    ("SFT / TRL tuned", times("sft", "TRL, malloc tuned"), 1.9, "x"),
    ("SFT / bare torch loop", times("sft", "bare torch loop"), None, "x"),
    ("SFT, share of peak", share("sft"), 0.65, "%"),
    ("DPO / TRL as shipped", times("dpo", "TRL, as shipped"), 4, "x"),
    ("DPO / TRL tuned, the better of the two", times("dpo", "TRL, malloc tuned"), 2.5, "x"),
    ("DPO, peak memory", memory_gib("dpo"), 2.5, "GiB"),
    ("DPO / TRL as shipped, both with gradient checkpointing",
     times("dpo", "TRL, gradient checkpointing", CHECKPOINTED), 4, "x"),
    ("DPO with gradient checkpointing, peak memory", memory_gib("dpo", CHECKPOINTED), 2.5, "GiB"),
    ("loop / transformers + TRL, as shipped", loop_times("transformers + TRL, as shipped"), 5, "x"),
    ("loop / best peer of each part", loop_times("best peer of each part"), 1.8, "x"),
]


def number(value):
    """Three digits that count."""
    return "-" if value is None else f"{value:.0f}" if value >= 100 else f"{value:#.3g}"


def shown(value, unit):
    if value is None:
        return "-"
    return {"%": f"{100 * value:.0f} %", "x": f"{value:.2f}x", "GiB": f"{value:.1f} GiB"}[unit]


def verdict(value, goal, unit):
    if goal is None:
        return ""
    if value is None:
        return "not measured"
    return "yes" if (value <= goal if unit == "GiB" else value >= goal) else "**no**"


def place_name(place):
    return f"{place[0]}, {place[1]} thread" + "s" * (place[1] > 1)


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def goal_table(groups):
    """The goals are for bfloat16 in one thread; where a processor is no faster in it, float32 may stand for it."""
    judged = next((place for place in GOAL_PLACES if place in groups), GOAL_PLACES[0])
    rows = []
    for what, value, goal, unit in GOALS:
        sign = "" if goal is None else f"at {'most' if unit == 'GiB' else 'least'} {shown(goal, unit)}"
        met = verdict(value(groups.get(judged, {})), goal, unit)
        rows.append([what, sign, met] + [shown(value(group), unit) for group in groups.values()])
    text = f'"Met" is judged in {judged[0]} on {"one thread" if judged[1] == 1 else f"{judged[1]} threads"}.\n\n'
    return text + table(["ours", "goal", "met", *map(place_name, groups)], rows)


def ceiling_table(groups):
    keys = ("gemm_1024_gflops", "gemm_2048_gflops", "read_gb_per_s")
    rows = [[place_name(place), *[number(stat[key]) for key in keys]]
            for place, group in groups.items() for (work, _), stat in group.items() if work == "ceilings"]
    return table(["torch", "GEMM 1024, GFLOP/s", "GEMM 2048, GFLOP/s", "memory read, GB/s"], rows)


def workload_table(groups, workload):
    rows = []
    for place, group in groups.items():
        stats = [(tool, stat) for (work, tool), stat in group.items() if work == workload]
        for tool, stat in sorted(stats, key=lambda item: -item[1]["rate"]):
            spread = f"{number(stat['low'])} - {number(stat['high'])}"
            rows.append([tool, *place, number(stat["rate"]), spread, shown(peak_share(group, stat), "%"),
                         f"{stat['peak_rss_mib']:.0f}", stat["runs"]])
    return table(["tool", "type", "threads", "median", "spread", "share of peak", "peak MiB", "runs"], rows)


def loop_table(groups):
    """From the rates of the parts; the iteration that is measured as a whole has two pairs a prompt."""
    rows = []
    for place, group in groups.items():
        for loop in [loop for loop in LOOPS if any(seconds(group, loop))]:
            parts = seconds(group, loop)
            measured = over(1, best(group, "iteration", OURS)) if loop == OURS else None
            values = [*parts, total(parts), total([*parts, parts[-1]]), measured]
            rows.append([loop, *place, *map(number, values)])
    return table(["tools", "type", "threads", "4 candidates", "12 judgements", "1 pair", "sum",
                  "sum with 2 pairs", "measured with 2 pairs"], rows)


def thread_table(groups):
    """The rate with the most threads over that with one, the median of the repeats that have both."""
    rows = []
    for dtype in dict.fromkeys(dtype for dtype, _ in groups):
        one, most = groups.get((dtype, 1), {}), max(threads for other, threads in groups if other == dtype)
        both = [key for key in one if key in groups[dtype, most] and key[0] in WORKLOADS and most > 1]
        for work, tool in sorted(both, key=lambda key: list(WORKLOADS).index(key[0])):
            slow, fast = one[work, tool]["of_repeat"], groups[dtype, most][work, tool]["of_repeat"]
            ratios = [fast[repeat] / slow[repeat] for repeat in slow.keys() & fast.keys()]
            ratio = statistics.median(ratios) if ratios else None
            goal = 1.8 if tool == OURS and most == 2 else None
            if ratio:
                rows.append([work, tool, dtype, most, shown(ratio, "x"), shown(goal, "x") if goal else "",
                             verdict(ratio, goal, "x")])
    return table(["workload", "tool", "type", "threads", "over one", "goal", "met"], rows)


def without_profiles(rows):
    return [row for row in rows if row["mode"] != PROFILED]


def attention_shares(rows):
    """(dtype, threads) -> workload -> median share of the time that attention takes."""
    shares = {}
    for row in [row for row in rows if "attention_share" in row]:
        place = shares.setdefault((row["dtype"], row["threads"]), {})
        place.setdefault(row["workload"], []).append(row["attention_share"])
    return {place: {work: statistics.median(values) for work, values in found.items()}
            for place, found in shares.items()}


def curve_table(groups, shares):
    """Rates over that of the candidates workload, and the same of the time that is not attention."""
    rows = []
    for place, group in groups.items():
        def curve(workload):
            rate, share = best(group, workload, OURS), shares.get(place, {}).get(workload)
            return rate, share, None if share is None else over(rate, 1 - share)

        rate_1x, share_1x, apart_1x = curve("candidates")
        for workload, what in CURVES.items():
            rate, share, apart = curve(workload)
            if rate:
                ratio = over(apart, apart_1x)
                rows.append([what, *place, number(rate_1x), number(rate), shown(over(rate, rate_1x), "x"),
                             shown(share_1x, "%"), shown(share, "%"), shown(ratio, "x"),
                             verdict(ratio, LINEAR, "x")])
    return table(["work", "type", "threads", "1x, tok/s", "more", "over 1x", "attention at 1x", "attention",
                  "the rest over 1x", f"at least {LINEAR}x"], rows)


def wrapped(text):
    """Lines of at most 120 characters."""
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def origin(results, rows):
    """Where a section's figures come from: machine and versions."""
    machine = next((row["machine"] for row in results if "machine" in row), {})
    tools = sorted({f"{row['tool']} {row['version']}" for row in rows if row.get("version")})
    held_back = "amx_bf16" in machine.get("instructions", "") and rows[0]["isa"] == "avx512"
    return [wrapped("; ".join(f"{key}: {value}" for key, value in machine.items()) + "."),
            wrapped(f"Versions: {', '.join(tools)}.") + "\n", *([HELD_BACK] if held_back else [])]


def section(title, origin, groups, shares):
    parts = [("Ceilings", "", ceiling_table(groups)), ("Goals", "", goal_table(groups))]
    parts += [(heading, text + "\n", workload_table(groups, workload))
              for workload, (heading, text) in WORKLOADS.items()]
    parts += [("The loop, seconds a prompt", "", loop_table(groups)), ("Threads", "", thread_table(groups)),
              ("Cost curves", CURVES_TEXT, curve_table(groups, shares))]
    lines = [f"## {title}\n", *origin]
    for heading, text, rows in parts:
        if rows.count("\n") > 2:  # not only the head
            lines += [f"### {heading}\n", *filter(None, [text]), rows]
    return lines


def failures(rows):
    """What failed and was not measured in any repeat."""
    def key(row):
        return name_of(row), row["workload"], row["dtype"], f"{row['threads']} thread(s)", row["isa"]

    measured = {key(row) for row in rows if "failed" not in row}
    found = {key(row): row["failed"] for row in rows if "failed" in row and key(row) not in measured}
    lines = [f"- {', '.join(what)}: {why}" for what, why in found.items()]
    return ["## Not measured\n", *lines] if lines else []


def kept(title, before):
    """The section of that title out of a page that was made before, of another machine's results."""
    found = re.search(rf"^## {title}\n.*?(?=^## |\Z)", before, re.MULTILINE | re.DOTALL)
    return [found[0].rstrip() + "\n"] if found else []


def page(results, before=""):
    """Of the results with the largest scale, where there are several; sections that they say nothing of stay as
    they were in the page `before`."""
    scale = max((row["scale"] for row in results if "scale" in row), default=1)
    rows = [row for row in results if row.get("scale") == scale]
    good = [row for row in rows if "failed" not in row]
    notes = HERE / "performance_notes.md"
    parts = ["# Performance\n", INTRODUCTION]
    parts += [f"**A trial: the workloads are cut to {scale:g} of their size.**\n"] if scale != 1 else []
    parts += [notes.read_text()] if notes.exists() else []
    for isa, title in SECTIONS.items():
        here = [row for row in good if row["isa"] == isa]
        groups = summarise(without_profiles(here))
        parts += (section(title, origin(results, here), groups, attention_shares(here)) if groups
                  else kept(title, before))
    return "\n".join(parts + failures(rows)).rstrip() + "\n"


def write_page(results, file):
    file.write_text(page(read_results(results), file.read_text() if file.exists() else ""))


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else HERE.parent / "docs/performance.md"
    write_page(pathlib.Path(sys.argv[1]), out)
