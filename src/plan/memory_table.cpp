#include "plan/memory_table.h"

#include <charconv>

#include "base/format.h"

namespace selfreward {
namespace {

constexpr int64_t kMiB = 1 << 20;

/// The first number in `text` behind `key`.
std::optional<int64_t> number_after(const std::string& text, const std::string& key) {
  const size_t at = text.find(key);
  const size_t digit = at == std::string::npos ? at : text.find_first_of("0123456789", at + key.size());
  if (digit == std::string::npos) return std::nullopt;
  int64_t number = 0;
  std::from_chars(text.data() + digit, text.data() + text.size(), number);
  return number;
}

/// The number in a file of the control group; nothing where there is none ("max").
std::optional<int64_t> group_number(const char* name) {
  const fs::path path = fs::path("/sys/fs/cgroup") / name;
  return fs::exists(path) ? number_after(read_file(path), "") : std::nullopt;
}

DeviceMemory machine_memory() {
  const std::string info = read_file("/proc/meminfo");
  DeviceMemory memory{number_after(info, "MemAvailable:").value_or(0) * 1024,
                      number_after(info, "MemTotal:").value_or(0) * 1024};
  const auto limit = group_number("memory.max");
  if (!limit) return memory;
  memory.total = std::min(memory.total, *limit);
  memory.free = std::min(memory.free, *limit - group_number("memory.current").value_or(0));
  return memory;
}

/// What lowers most of what this stage needs.
std::string advice(const StageMemory& m) {
  if (m.kv_cache > m.weights + m.activations) return "lower generation.max_cache_tokens";
  if (m.optimizer == 0 && m.kv_cache > 0) return "lower generation.max_cache_tokens, or take a smaller model";
  if (m.optimizer > 0 && m.activations > m.optimizer)
    return "lower micro_batch_tokens, or set gradient_checkpointing";
  if (m.optimizer > 0) return "train adapters instead (lora.r), or take a smaller model";
  return "take a smaller model, or more memory";
}

std::string row(const char* stage, const std::vector<int64_t>& mib, const std::string& verdict) {
  std::string line = "  " + pad_right(stage, 14);
  for (const int64_t number : mib) line += " " + pad_left(number, 10);
  return line + "  " + verdict + "\n";
}

std::string row(const StageMemory& m, const DeviceMemory& device) {
  const bool fits = m.sum() <= device.free;
  std::vector<int64_t> mib;
  for (const int64_t bytes :
       {m.weights, m.optimizer, m.gradients, m.activations, m.kv_cache, m.other, m.sum()})
    mib.push_back((bytes + kMiB / 2) / kMiB);
  return row(m.stage.c_str(), mib, fits ? "OK" : "TOO LITTLE: " + advice(m));
}

}  // namespace

DeviceMemory device_memory(const std::string& device) {
  return device == "cpu" ? machine_memory() : gpu_memory(device);
}

std::string memory_table(const std::vector<StageMemory>& stages, const DeviceMemory& device) {
  std::string text = str("  ", std::string(14, ' '),
                         "    weights  optimizer  gradients activation   KV cache      other        sum\n");
  for (const StageMemory& stage : stages) text += row(stage, device);
  return text + str("  free now: ", device.free / kMiB, " of ", device.total / kMiB, " MiB\n");
}

}  // namespace selfreward
