#include "model/gguf/rope.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <set>

#include "model/gguf/import_metadata.h"
#include "model/gguf/quants.h"

namespace selfreward {
namespace {

constexpr const char* kLlama3Tensor = "rope_freqs.weight";
constexpr const char* kLongTensor = "rope_factors_long.weight";
constexpr const char* kShortTensor = "rope_factors_short.weight";
constexpr const char* kOriginalLength = "original_max_position_embeddings";

double number(const Json& settings, const char* key, std::optional<double> otherwise,
              const std::string& where) {
  const Json value = settings.value(key, Json());
  if (value.is_null() && otherwise) return *otherwise;
  check(value.is_number(), "[gguf] ", where, ": ", key, " is ", value.dump(), ", expected a number");
  return value.get<double>();
}

/// Takes theta and partial_rotary_factor out of `settings`; what is left, with a type, is a scaling.
void read_parameters(Json settings, RopeSettings& rope, const std::string& where) {
  check(settings.is_object(), "[gguf] ", where, ": the rope settings are ", settings.dump(),
        ", expected an object");
  rope.theta = number(settings, "rope_theta", rope.theta, where);
  rope.partial = number(settings, "partial_rotary_factor", rope.partial, where);
  settings.erase("rope_theta");
  settings.erase("partial_rotary_factor");
  const Json type = settings.value("rope_type", settings.value("type", Json("default")));
  settings.erase("type");
  settings["rope_type"] = type == "su" ? Json("longrope") : type;
  rope.scaling = type == "default" ? Json() : settings;
}

/// Gemma 3's two ropes; `scaling` changes that of the layers that see all.
void read_by_kind(const Json& by_kind, const Json& scaling, RopeSettings& rope, const std::string& where) {
  RopeSettings local;
  local.theta = rope.local_theta.value_or(rope.theta);
  read_parameters(by_kind.value("sliding_attention", Json::object()), local, where);
  check(local.scaling.is_null(), "[gguf] ", where, ": the rope scaling of sliding_attention is ",
        local.scaling.dump(), ", expected none");
  rope.local_theta = local.theta;
  Json full = by_kind.value("full_attention", Json::object());
  if (scaling.is_object()) full.update(scaling);
  read_parameters(full, rope, where);
}

/// A scaling may have only these keys: others would be lost.
void check_keys(const Json& scaling, const std::set<std::string>& known) {
  for (const auto& [key, value] : scaling.items())
    check(key == "rope_type" || value.is_null() || known.contains(key), "[gguf] rope scaling ",
          scaling["rope_type"].dump(), " with \"", key, "\" cannot be written to GGUF");
}

std::vector<float> load_factors(const GgufFile& file, const char* name, int64_t rotary) {
  const GgufTensor* tensor = file.find(name);
  check(tensor != nullptr && tensor->shape == std::vector<int64_t>{rotary / 2}, "[gguf] ", file.path,
        " has no ", name, " of ", rotary / 2, " numbers");
  const at::Tensor values = load_gguf_tensor(file, *tensor);
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

/// The settings of Llama 3.1 (factor 8) and 3.2 (factor 32) whose factors the file has.
Json read_llama3(const GgufFile& file, double theta, int64_t rotary) {
  const std::vector<float> factors = load_factors(file, kLlama3Tensor, rotary);
  const Json scaling = {{"factor", as_written(*std::max_element(factors.begin(), factors.end()))},
                        {"high_freq_factor", 4.0},
                        {"low_freq_factor", 1.0},
                        {kOriginalLength, 8192},
                        {"rope_type", "llama3"}};
  const std::vector<float> wanted = llama3_rope_factors(scaling, theta, rotary);
  for (size_t i = 0; i < factors.size(); ++i)
    check(std::abs(factors[i] - wanted[i]) <= 1e-4 * std::abs(wanted[i]), "[gguf] ", file.path, ": ",
          kLlama3Tensor, " is not the rope scaling of Llama 3.1 or 3.2; other factors cannot be imported");
  return scaling;
}

double longrope_attention(double context_length, double original_length) {
  const double scale = context_length / original_length;
  return scale > 1 ? std::sqrt(1 + std::log(scale) / std::log(original_length)) : 1.0;
}

std::vector<double> decimals(const std::vector<float>& values) {
  std::vector<double> written;
  for (const float value : values) written.push_back(as_written(value));
  return written;
}

Json read_longrope(const GgufFile& file, const std::string& prefix, int64_t rotary, int64_t context_length) {
  const auto original = gguf_integer(file, prefix + "scaling.original_context_length");
  if (!original) refuse_gguf_value(file, prefix + "scaling.original_context_length", "a whole number");
  const double attention =
      longrope_attention(static_cast<double>(context_length), static_cast<double>(*original));
  const auto stored = gguf_number(file, prefix + "scaling.attn_factor");
  if (std::abs(stored.value_or(attention) - attention) > 1e-5)
    refuse_gguf_value(file, prefix + "scaling.attn_factor", str(attention, " (nothing else is supported)"));
  return {{"long_factor", decimals(load_factors(file, kLongTensor, rotary))},
          {"short_factor", decimals(load_factors(file, kShortTensor, rotary))},
          {"type", "longrope"}};
}

Json read_yarn(const GgufFile& file, const std::string& prefix, double factor) {
  for (const auto& [key, value] : file.metadata)
    if (key.starts_with(prefix + "scaling.yarn_") || key == prefix + "scaling.attn_factor")
      refuse_gguf_value(file, key, "no such key (yarn has its usual constants here)");
  const auto original = gguf_integer(file, prefix + "scaling.original_context_length");
  if (!original) refuse_gguf_value(file, prefix + "scaling.original_context_length", "a whole number");
  return {{"factor", factor}, {kOriginalLength, *original}, {"rope_type", "yarn"}};
}

/// The scaling that the keys name; those that are tensors are not named by a key.
Json read_named_scaling(const GgufFile& file, const std::string& prefix) {
  const std::string type = gguf_string(file, prefix + "scaling.type").value_or("none");
  if (const auto scale = gguf_number(file, prefix + "scale_linear"); scale && *scale != 1.0)
    refuse_gguf_value(file, prefix + "scale_linear", "1.0 (nothing else is supported)");
  if (type == "none") return nullptr;
  const auto factor = gguf_number(file, prefix + "scaling.factor");
  if (!factor) refuse_gguf_value(file, prefix + "scaling.factor", "a number");
  if (type == "yarn") return read_yarn(file, prefix, as_written(*factor));
  if (type != "linear") refuse_gguf_value(file, prefix + "scaling.type", "none, linear or yarn");
  return {{"factor", as_written(*factor)}, {"rope_type", "linear"}};
}

GgufOutput factor_tensor(const char* name, const std::vector<float>& factors) {
  return {name, {static_cast<int64_t>(factors.size())}, kGgmlF32, [factors] { return at::tensor(factors); }};
}

std::vector<float> factor_list(const Json& scaling, const char* key, int64_t rotary) {
  const Json list = scaling.value(key, Json());
  const bool good = list.is_array() && static_cast<int64_t>(list.size()) == rotary / 2;
  check(good, "[gguf] rope_scaling.", key, " is not a list of ", rotary / 2, " numbers");
  return list.get<std::vector<float>>();
}

/// 0 where the settings do not say it. Of longrope it is what stands outside of them, as in transformers.
double original_length(const RopeSettings& rope, const Json& config) {
  const bool inside = rope.scaling.is_object() && rope.scaling.contains(kOriginalLength);
  const bool outside =
      config.contains(kOriginalLength) && rope.scaling.is_object() && rope.scaling["rope_type"] == "longrope";
  if (inside && !outside) return number(rope.scaling, kOriginalLength, {}, "rope_scaling");
  return number(config, kOriginalLength, 0, "config.json");
}

void put_longrope(const Json& scaling, double original, double context, int64_t rotary,
                  GgufContents& contents) {
  auto& [metadata, tensors] = contents;
  check_keys(scaling, {"long_factor", "short_factor", kOriginalLength});
  check(original > 1, "[gguf] config.json has no ", kOriginalLength, ", which longrope needs");
  metadata.emplace_back("phi3.rope.scaling.attn_factor",
                        static_cast<float>(longrope_attention(context, original)));
  tensors.push_back(factor_tensor(kLongTensor, factor_list(scaling, "long_factor", rotary)));
  tensors.push_back(factor_tensor(kShortTensor, factor_list(scaling, "short_factor", rotary)));
}

void put_named_scaling(const Json& scaling, const std::string& prefix, GgufMetadata& metadata) {
  check_keys(scaling, {"factor", kOriginalLength});
  check(scaling["rope_type"] != "yarn" || scaling.contains(kOriginalLength), "[gguf] rope_scaling has no ",
        kOriginalLength, ", which yarn needs");
  metadata.emplace_back(prefix + "scaling.type", scaling["rope_type"].get<std::string>());
  metadata.emplace_back(prefix + "scaling.factor",
                        static_cast<float>(number(scaling, "factor", {}, "rope_scaling")));
}

}  // namespace

double as_written(double value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, static_cast<float>(value)).ptr;
  double shortest = 0;
  std::from_chars(digits, end, shortest);
  return shortest;
}

RopeSettings read_rope_settings(const Json& config, const std::string& where) {
  RopeSettings rope;
  rope.theta = number(config, "rope_theta", rope.theta, where);
  rope.partial = number(config, "partial_rotary_factor", rope.partial, where);
  if (config.contains("rope_local_base_freq"))
    rope.local_theta = number(config, "rope_local_base_freq", {}, where);
  const Json scaling = config.value("rope_scaling", Json()), given = config.value("rope_parameters", Json());
  if (given.is_object() && (given.contains("full_attention") || given.contains("sliding_attention")))
    read_by_kind(given, scaling, rope, where);
  else if (const Json& settings = scaling.empty() ? given : scaling; !settings.is_null())
    read_parameters(settings, rope, where);
  return rope;
}

RopeSettings read_gguf_rope(const GgufFile& file, int64_t head_dim, int64_t context_length) {
  const std::string prefix = gguf_string(file, "general.architecture").value_or("") + ".rope.";
  RopeSettings rope;
  rope.theta = as_written(gguf_number(file, prefix + "freq_base").value_or(10000.0));
  if (const auto local = gguf_number(file, prefix + "freq_base_swa")) rope.local_theta = as_written(*local);
  const int64_t rotary = gguf_integer(file, prefix + "dimension_count").value_or(head_dim);
  if (rotary <= 0 || rotary > head_dim || rotary % 2 != 0)
    refuse_gguf_value(file, prefix + "dimension_count", str("an even number up to ", head_dim));
  rope.partial = static_cast<double>(rotary) / static_cast<double>(head_dim);
  if (file.find(kLongTensor) != nullptr)
    rope.scaling = read_longrope(file, prefix, rotary, context_length);
  else if (file.find(kLlama3Tensor) != nullptr)
    rope.scaling = read_llama3(file, rope.theta, rotary);
  else
    rope.scaling = read_named_scaling(file, prefix);
  return rope;
}

void put_gguf_rope(const RopeSettings& rope, const std::string& architecture, int64_t head_dim,
                   const Json& config, GgufContents& contents) {
  auto& [metadata, tensors] = contents;
  const std::string prefix = architecture + ".rope.";
  const auto rotary = static_cast<int64_t>(static_cast<double>(head_dim) * rope.partial);
  metadata.emplace_back(prefix + "dimension_count", static_cast<uint32_t>(rotary));
  metadata.emplace_back(prefix + "freq_base", static_cast<float>(rope.theta));
  if (rope.local_theta)
    metadata.emplace_back(prefix + "freq_base_swa", static_cast<float>(*rope.local_theta));
  const double original = original_length(rope, config);
  if (original > 0)
    metadata.emplace_back(prefix + "scaling.original_context_length", static_cast<uint32_t>(original));
  if (rope.scaling.is_null()) return;
  const Json& type = rope.scaling["rope_type"];
  if (type == "llama3" && architecture == "llama")
    tensors.push_back(factor_tensor(kLlama3Tensor, llama3_rope_factors(rope.scaling, rope.theta, rotary)));
  else if (type == "longrope" && architecture == "phi3")
    put_longrope(rope.scaling, original, number(config, "max_position_embeddings", {}, architecture), rotary,
                 contents);
  else if (type == "linear" || type == "yarn")
    put_named_scaling(rope.scaling, prefix, metadata);
  else
    fail("[gguf] ", architecture, ": llama.cpp has no rope scaling ", type.dump(), " for this architecture");
}

std::vector<float> llama3_rope_factors(const Json& scaling, double theta, int64_t head_dim) {
  const double factor = number(scaling, "factor", {}, "rope_scaling");
  const double low = number(scaling, "low_freq_factor", {}, "rope_scaling");
  const double high = number(scaling, "high_freq_factor", {}, "rope_scaling");
  const double original = number(scaling, kOriginalLength, {}, "rope_scaling");
  std::vector<float> factors;
  for (int64_t i = 0; i < head_dim; i += 2) {
    const double wavelength =
        2 * std::numbers::pi * std::pow(theta, static_cast<double>(i) / static_cast<double>(head_dim));
    const double smooth = std::clamp((original / wavelength - low) / (high - low), 0.0, 1.0);
    factors.push_back(static_cast<float>(1 / ((1 - smooth) / factor + smooth)));
  }
  return factors;
}

}  // namespace selfreward
