"""transformers' generate: one batched call, or prompt by prompt (the first four). Prints one JSON line."""
import time

import torch
import transformers

from common import arguments, load_model, load_workload, prepare, report


def generate(model, prompts, samples, new):
    ids = torch.tensor(prompts)
    out = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=True, temperature=0.7, top_p=0.9,
                         top_k=0, num_return_sequences=samples, max_new_tokens=new)
    wanted = (len(prompts) * samples, ids.shape[1] + new)
    assert out.shape == wanted, f"generate made {tuple(out.shape)} tokens, wanted {wanted}"


def main():
    args = arguments("--prompt-by-prompt")
    prepare()
    data = load_workload(args)
    model = load_model(args).eval()
    model.generation_config.eos_token_id = None  # lengths are fixed
    model.generation_config.pad_token_id = 0
    prompts = data["prompts"][:4] if args.prompt_by_prompt else data["prompts"]
    calls = [[prompt] for prompt in prompts] if args.prompt_by_prompt else [prompts]
    generate(model, prompts[:1], data["samples"], 2)  # warm-up
    start = time.perf_counter()
    for call in calls:
        generate(model, call, data["samples"], data["new"])
    report(transformers.__version__, wall_s=time.perf_counter() - start, prompts=len(prompts))


main()
