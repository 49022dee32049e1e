"""Makes tests/fixtures/trl: ten optimizer steps of TRL's SFTTrainer and DPOTrainer on the tiny Llama, float32, CPU.

Needs tests/fixtures/tiny_llama (make_model_golden.py). Run from anywhere: python tests/golden/make_trl_golden.py
"""

import os

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", CUDA_VISIBLE_DEVICES="", TQDM_DISABLE="1")

import tempfile

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, TrainerCallback
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

from golden import FIXTURES, TINY_LLAMA, floats, made_by, write_fixture
from trl_rows import dpo_rows, sft_rows

PACKAGES = ("torch", "transformers", "trl", "accelerate", "datasets", "tokenizers")
NUM_STEPS = 10
ROWS_PER_STEP = 4
SAMPLES_PER_PARAMETER = 10
COMMON = {
    "max_steps": NUM_STEPS,
    "optim": "adamw_torch_fused",
    "learning_rate": 1e-3,
    "weight_decay": 0.01,
    "adam_beta1": 0.9,
    "adam_beta2": 0.999,
    "adam_epsilon": 1e-8,
    "max_grad_norm": 1.0,
    "max_length": 256,
    "train_sampling_strategy": "sequential",
    "seed": 42,
}
SFT = COMMON | {"lr_scheduler_type": "linear", "warmup_steps": 2, "completion_only_loss": True, "packing": False}
DPO = COMMON | {"lr_scheduler_type": "cosine", "warmup_steps": 0, "beta": 0.1, "loss_type": ["sigmoid"]}
DPO_NLL = DPO | {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, 0.5]}
DPO_VARIANTS = {
    "sigmoid_norm": DPO | {"loss_type": ["sigmoid_norm"]},
    "ld_alpha": DPO | {"ld_alpha": 0.3},
    "ld_alpha_with_nll": DPO_NLL | {"ld_alpha": 0.3},
}
SFT_METRICS = ["loss", "grad_norm", "learning_rate", "entropy", "mean_token_accuracy", "num_tokens"]
DPO_METRICS = ["loss", "grad_norm", "learning_rate", "rewards/chosen", "rewards/rejected", "rewards/margins"]
DPO_METRICS += ["rewards/accuracies", "logps/chosen", "logps/rejected", "logits/chosen", "logits/rejected"]

SFT_NOTES = {
    "loss": "Step loss = sum of -log p over every completion token of the step's 4 rows / num_items_in_batch.",
    "num_items_in_batch": "Completion tokens (assistant text and its <|im_end|>) of all micro-batches of the optimizer"
    " step together, counted before the first of them. Each micro-batch loss is its token sum divided by that count,"
    " with no division by the number of micro-batches, so 1 x 4 and 2 x 2 give the same loss and gradient."
    " Rows weigh by their tokens, not equally.",
    "logged_loss": "Sum of the micro-batch losses of the step, before the update.",
}
DPO_NOTES = {
    "loss": "mean over the rows of a micro-batch of -log sigmoid(beta * ((chosen - ref chosen) - (rejected - ref"
    " rejected))), log-probs summed over completion tokens with their <|im_end|>. Micro-batch losses are divided by"
    " the number of micro-batches and added, so 1 x 4 and 2 x 2 agree.",
    "metrics": "rewards/* = beta * (logp - ref logp), mean over rows; margins = chosen - rejected; accuracies ="
    " share of rows with chosen > rejected (at step 1 all are ties, so rounding alone decides it);"
    " logps/* = mean of summed log-probs;"
    " logits/* = mean over the completion tokens of the mean logit over the vocabulary. With several micro-batches"
    " the mean of the micro-batch values is logged, which for logits/* is not the mean over all tokens.",
}
NLL_NOTE = (
    "loss = 1.0 * sigmoid loss + 0.5 * NLL. The NLL is sum of -log p of the chosen completion tokens (with"
    " <|im_end|>) / number of chosen completion tokens, over the rows of one micro-batch together: a token mean, not"
    " a mean of row means, and prompt and rejected tokens do not count. Micro-batch losses are divided by the number"
    " of micro-batches and added, without num_items_in_batch, so 1 x 4 and 2 x 2 differ when lengths differ."
)
COMMON_NOTES = {
    "order": "Step s (from 1) uses rows 4(s-1) .. 4(s-1)+3, modulo 24: steps 7-10 are a second epoch.",
    "grad_norm": "L2 norm over all gradients before clipping; they are scaled by min(1, 1 / (norm + 1e-6)).",
    "learning_rate": "The rate the step used. Step s has schedule(s-1): linear with warmup 2 starts at 0 (step 1"
    " changes nothing) and is 1e-3 at step 3; cosine without warmup is 1e-3 at step 1.",
    "weight_decay": "Decoupled, on every parameter but the norms (no_weight_decay); embeddings and lm_head decay.",
    "dropout": "None. Attention is SDPA on right-padded batches.",
    "first_step_clipped_grad_norms": "Norm of each parameter's gradient at step 1, after clipping.",
}


class KeepGradients(TrainerCallback):
    """Keeps the norm of each parameter's gradient at the first step, as the optimizer gets it (clipped)."""

    def on_pre_optimizer_step(self, args, state, control, model=None, **kwargs):
        if state.global_step == 0:
            self.norms = {name: floats(parameter.grad.norm()) for name, parameter in model.named_parameters()}


class GoldenSFTTrainer(SFTTrainer):
    """Notes the normaliser and the loss of every micro-batch."""

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        loss = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        self.micro_batches = getattr(self, "micro_batches", [])
        self.micro_batches.append((int(num_items_in_batch), floats(loss)))
        return loss


def load_model():
    return AutoModelForCausalLM.from_pretrained(TINY_LLAMA, dtype=torch.float32, attn_implementation="sdpa")


def make_trainer(trainer_class, config_class, settings, rows, micro_batches):
    args = config_class(
        output_dir=tempfile.gettempdir(),  # nothing is saved
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        report_to="none",
        save_strategy="no",
        logging_steps=1,
        disable_tqdm=True,
        per_device_train_batch_size=ROWS_PER_STEP // micro_batches,
        gradient_accumulation_steps=micro_batches,
        **settings,
    )
    tokenizer = AutoTokenizer.from_pretrained(TINY_LLAMA)
    trainer = trainer_class(
        model=load_model(), args=args, train_dataset=Dataset.from_list(rows), processing_class=tokenizer
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def train(trainer, metrics):
    """Ten steps -> {steps, first_step_clipped_grad_norms, final_weights}; log_history holds unrounded values."""
    gradients = KeepGradients()
    trainer.add_callback(gradients)
    trainer.train()
    logged = [entry for entry in trainer.state.log_history if "loss" in entry]
    assert len(logged) == NUM_STEPS
    return {
        "micro_batches": trainer.args.gradient_accumulation_steps,
        "steps": [{"step": entry["step"]} | {name: entry[name] for name in metrics} for entry in logged],
        "first_step_clipped_grad_norms": gradients.norms,
        "final_weights": {name: sample(weight) for name, weight in trainer.model.named_parameters()},
    }


def sample(weight):
    """The norm of a weight and ten of its values, spread evenly over the flattened tensor."""
    flat = weight.detach().flatten()
    indices = torch.linspace(0, len(flat) - 1, SAMPLES_PER_PARAMETER).long()
    return {"norm": floats(flat.double().norm().item()), "indices": indices.tolist(), "values": floats(flat[indices])}


def rounding_noise(one, other):
    """Largest differences of two runs that are equal in exact arithmetic: what a tolerance has to allow."""
    losses = [abs(a["loss"] - b["loss"]) for a, b in zip(one["steps"], other["steps"])]
    norms = [abs(a["grad_norm"] / b["grad_norm"] - 1) for a, b in zip(one["steps"], other["steps"])]
    weights = [
        abs(a - b)
        for name in one["final_weights"]
        for a, b in zip(one["final_weights"][name]["values"], other["final_weights"][name]["values"])
    ]
    return {"loss": max(losses), "grad_norm_relative": max(norms), "weight": max(weights)}


def no_weight_decay(trainer):
    decayed = trainer.get_decay_parameter_names(trainer.model)
    return [name for name, _ in trainer.model.named_parameters() if name not in decayed]


def sft_tokens(trainer):
    """TRL's ids of each row, cut where the labels begin."""
    rows = []
    for row in trainer.train_dataset:
        start = next(i for i, label in enumerate(row["labels"]) if label != -100)
        assert row["labels"][start:] == row["input_ids"][start:]
        rows.append({"prompt_ids": row["input_ids"][:start], "completion_ids": row["input_ids"][start:]})
    return rows


def sft_run(micro_batches):
    trainer = make_trainer(GoldenSFTTrainer, SFTConfig, SFT, sft_rows(), micro_batches)
    run = train(trainer, SFT_METRICS)
    for i, step in enumerate(run["steps"]):
        parts = trainer.micro_batches[i * micro_batches : (i + 1) * micro_batches]
        step["num_items_in_batch"] = parts[0][0]
        step["micro_batch_losses"] = [loss for _, loss in parts]
    return trainer, run


def make_sft():
    trainer, whole = sft_run(1)
    _, halves = sft_run(2)
    return {
        "made_by": made_by(__file__, *PACKAGES),
        "model": "tests/fixtures/tiny_llama",
        "settings": SFT | {"rows_per_step": ROWS_PER_STEP},
        "notes": COMMON_NOTES | SFT_NOTES,
        "no_weight_decay": no_weight_decay(trainer),
        "rounding_noise": rounding_noise(whole, halves),
        "rows": sft_rows(),
        "tokens": sft_tokens(trainer),
        "runs": [whole, halves],
    }


def dpo_tokens(trainer):
    """TRL's ids and the reference log-probs of each pair, one pair at a time."""
    rows = []
    for row in trainer.train_dataset:
        tokens = {name: row[name] for name in ("prompt_ids", "chosen_ids", "rejected_ids")}
        chosen, rejected = trainer.compute_ref_log_probs(trainer.ref_model, trainer.data_collator([tokens]))
        rows.append(tokens | {"ref_chosen_logp": floats(chosen)[0], "ref_rejected_logp": floats(rejected)[0]})
    return rows


def dpo_run(settings, micro_batches):
    trainer = make_trainer(DPOTrainer, DPOConfig, settings, dpo_rows(), micro_batches)
    tokens = dpo_tokens(trainer)
    return trainer, tokens, train(trainer, DPO_METRICS)


def make_dpo():
    trainer, tokens, whole = dpo_run(DPO, 1)
    _, _, halves = dpo_run(DPO, 2)
    nll_runs = [dpo_run(DPO_NLL, micro_batches)[2] for micro_batches in (1, 2)]
    return {
        "made_by": made_by(__file__, *PACKAGES),
        "model": "tests/fixtures/tiny_llama",
        "settings": DPO | {"rows_per_step": ROWS_PER_STEP},
        "notes": COMMON_NOTES | DPO_NOTES,
        "no_weight_decay": no_weight_decay(trainer),
        "rounding_noise": rounding_noise(whole, halves),
        "rows": dpo_rows(),
        "tokens": tokens,
        "runs": [whole, halves],
        "with_nll": {
            "settings": {name: DPO_NLL[name] for name in ("loss_type", "loss_weights")},
            "note": NLL_NOTE,
            "runs": nll_runs,
        },
    }


def make_dpo_variants():
    variants = {}
    for name, settings in DPO_VARIANTS.items():
        _, tokens, whole = dpo_run(settings, 1)
        references = {key: [row[key] for row in tokens] for key in ("ref_chosen_logp", "ref_rejected_logp")}
        variants[name] = {"settings": settings | {"rows_per_step": ROWS_PER_STEP}} | references | whole
    return {"made_by": made_by(__file__, *PACKAGES), "model": "tests/fixtures/tiny_llama", "variants": variants}


def main():
    write_fixture(FIXTURES / "trl" / "sft.json", make_sft())
    write_fixture(FIXTURES / "trl" / "dpo.json", make_dpo())
    write_fixture(FIXTURES / "trl" / "dpo_variants.json", make_dpo_variants())


if __name__ == "__main__":
    main()
