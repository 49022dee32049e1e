#include "plan/plan.h"

#include "plan/memory_table.h"
#include "plan/stage_sizes.h"

namespace selfreward {

DryRunPlan plan_for(const RunConfig& config, const fs::path& dir) {
  PolicyOutline model =
      outline_policy(dir, {config.model.chat_template_kwargs, config.model.chat_template_date});
  const std::string device = device_name(config.model.device);
  Network network = network_of(model.config, {model.stored_bytes, model.stored}, config.model.dtype,
                               trained_adapter(model.adapter, config.lora), /*on_cpu=*/device == "cpu");
  DryRunPlan plan{config, std::move(model), device, std::move(network)};
  plan.memory.push_back(load_memory(plan.network));
  return plan;
}

void add_example(DryRunPlan& plan, const std::string& title, const std::string& text) {
  plan.examples += section("first example: " + title, indented(text));
}

std::string text_of(const DryRunPlan& plan, const std::string& found) {
  return settings_text(plan.config) + model_text(plan.model, plan.network, plan.config.model.dtype) + found +
         section(plan.device == "cpu"
                     ? "memory of each stage at its peak, in MiB (an estimate)"
                     : "memory of each stage at its peak, in MiB (an estimate that was never "
                       "compared with a GPU)",
                 memory_table(plan.memory, device_memory(plan.device))) +
         plan.examples;
}

void add_sft(DryRunPlan& plan, const Seed& seed) {
  const auto& rows = plan.rows.rows;
  const TrainSettings& settings = plan.config.sft;
  check(!rows.empty(), "[train] SFT: there are no rows to train on");
  plan.memory.push_back(
      training_memory("SFT", plan.network, largest_micro_batch(sizes_of(rows), settings, seed), settings));
  add_example(plan, "SFT; learnt is what stands in ⟦ ⟧", row_text(plan.model.chat.tokenizer(), rows[0]));
}

}  // namespace selfreward
