#include "model/layers/rope.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace selfreward {

using at::Tensor;

namespace {

/// The numbers of one rope type, read with the file and key for complaints.
class RopeReader {
 public:
  RopeReader(const ConfigFile& file, const Json& settings, RopeShape shape)
      : file_(file), settings_(settings), shape_(shape) {}

  Json get(const char* key) const { return settings_.value(key, Json()); }
  double number(const char* key) const {
    if (get(key).is_null()) file_.refuse("rope_parameters", settings_, std::string("a number ") + key);
    return file_.number_in(key, get(key));
  }
  double number(const char* key, double otherwise) const {
    return get(key).is_null() ? otherwise : number(key);
  }
  std::string type() const { return get("rope_type").get<std::string>(); }
  double theta() const { return number("rope_theta"); }
  int64_t context() const { return shape_.max_position_embeddings; }
  double factor() const { return number("factor", static_cast<double>(context()) / original_context()); }
  double original_context() const {
    return number("original_max_position_embeddings", static_cast<double>(context()));
  }
  int64_t rotary_dim() const {
    const double part = number("partial_rotary_factor", 1);
    const auto dim = static_cast<int64_t>(static_cast<double>(shape_.head_dim) * part);
    if (dim <= 0 || dim > shape_.head_dim || dim % 2 != 0)
      file_.refuse("partial_rotary_factor", get("partial_rotary_factor"),
                   "a factor that leaves an even part of head_dim " + std::to_string(shape_.head_dim));
    return dim;
  }
  /// [rotary_dim / 2] factors of longrope.
  Tensor factors(const char* key) const {
    const Json list = get(key);
    if (!list.is_array() || std::ssize(list) != rotary_dim() / 2)
      file_.refuse(key, list, "a list of " + std::to_string(rotary_dim() / 2) + " numbers");
    std::vector<float> values;
    for (const Json& value : list) values.push_back(static_cast<float>(file_.number_in(key, value)));
    return at::tensor(values);
  }
  [[noreturn]] void refuse_type() const {
    file_.refuse("rope_type", get("rope_type"), "default, linear, dynamic, llama3, yarn or longrope");
  }

 private:
  const ConfigFile& file_;
  const Json& settings_;
  RopeShape shape_;
};

std::vector<float> numbers(const Tensor& tensor) {
  const Tensor plain = tensor.to(at::kFloat).contiguous();
  return {plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel()};
}

/// theta^(2 i / dim) [dim / 2]
Tensor wavelengths(int64_t dim, double theta) {
  const Tensor exponents = at::arange(0, dim, 2, at::kFloat) / static_cast<double>(dim);
  return at::pow(theta, exponents);
}

/// Llama 3.1: long waves are stretched by `factor`, short ones kept, those between interpolated.
Tensor llama3_frequencies(const RopeReader& read, const Tensor& plain) {
  const double factor = read.number("factor"), low = read.number("low_freq_factor"),
               high = read.number("high_freq_factor"), context = read.original_context();
  const Tensor wave = 2 * std::numbers::pi / plain;
  const Tensor stretched = at::where(wave > context / low, plain / factor, plain);
  const Tensor smooth = (context / wave - low) / (high - low);
  const Tensor between = (1 - smooth) * stretched / factor + smooth * stretched;
  const Tensor is_between = (wave >= context / high).logical_and(wave <= context / low);
  return at::where(is_between, between, stretched);
}

/// The dimension that turns `rotations` times over the original context (Peng et al. 2023, arXiv 2309.00071).
double yarn_dimension(const RopeReader& read, double rotations) {
  const auto dim = static_cast<double>(read.rotary_dim());
  return dim * std::log(read.original_context() / (rotations * 2 * std::numbers::pi)) /
         (2 * std::log(read.theta()));
}

/// 1 where a frequency is kept, 0 where it is divided by the factor, a ramp between.
Tensor yarn_kept(const RopeReader& read) {
  double low = yarn_dimension(read, read.number("beta_fast", 32));
  double high = yarn_dimension(read, read.number("beta_slow", 1));
  if (read.get("truncate") != false) low = std::floor(low), high = std::ceil(high);
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(read.rotary_dim() - 1));
  if (low == high) high += 0.001;
  const Tensor ramp = (at::arange(read.rotary_dim() / 2, at::kFloat) - low) / (high - low);
  return 1 - ramp.clamp(0, 1);
}

double yarn_attention_factor(const RopeReader& read) {
  const auto scale = [factor = read.factor()](double mscale) {
    return factor <= 1 ? 1.0 : 0.1 * mscale * std::log(factor) + 1;
  };
  const double mscale = read.number("mscale", 0), all = read.number("mscale_all_dim", 0);
  return read.number("attention_factor", mscale != 0 && all != 0 ? scale(mscale) / scale(all) : scale(1));
}

RopeConfig yarn_rope(const RopeReader& read) {
  const Tensor waves = wavelengths(read.rotary_dim(), read.theta()), kept = yarn_kept(read);
  return {numbers(1 / (read.factor() * waves) * (1 - kept) + 1 / waves * kept), yarn_attention_factor(read),
          0};
}

/// Phi-3's two sets of factors; the long ones are for whole sequences above the original context.
RopeConfig long_rope(const RopeReader& read) {
  const double original = read.original_context(), factor = read.factor();
  const double attention = factor <= 1 ? 1 : std::sqrt(1 + std::log(factor) / std::log(original));
  return {numbers(1 / (read.factors("short_factor") * wavelengths(read.rotary_dim(), read.theta()))),
          read.number("attention_factor", attention), static_cast<int64_t>(original)};
}

}  // namespace

RopeConfig plain_rope(int64_t rotary_dim, double theta) {
  return {numbers(1 / wavelengths(rotary_dim, theta)), 1, 0};
}

Json with_rope_type(const ConfigFile& file, Json settings) {
  if (!settings.contains("rope_type")) settings["rope_type"] = settings.value("type", Json("default"));
  if (!settings["rope_type"].is_string()) file.refuse("rope_type", settings["rope_type"], "a name");
  return settings;
}

Json rope_settings(const ConfigFile& file, double default_theta) {
  const char* key = file.get("rope_scaling").empty() ? "rope_parameters" : "rope_scaling";
  const Json given = file.get(key);
  if (!given.is_null() && !given.is_object()) file.refuse(key, given, "an object");
  Json settings = given.is_null() ? Json::object() : given;
  for (const Json& value : settings)
    if (value.is_object()) file.refuse(key, given, "one rope for all layers of this family");
  if (!settings.contains("rope_theta")) settings["rope_theta"] = file.number("rope_theta", default_theta);
  const char* partial = "partial_rotary_factor";
  if (!settings.contains(partial) && !file.get(partial).is_null()) settings[partial] = file.get(partial);
  return with_rope_type(file, std::move(settings));
}

RopeConfig read_rope(const ConfigFile& file, const Json& settings, RopeShape shape) {
  const RopeReader read(file, settings, shape);
  if (!(read.theta() > 0 && std::isfinite(read.theta())))
    file.refuse("rope_theta", read.get("rope_theta"), "a positive number");
  const std::string type = read.type();
  const Tensor plain = 1 / wavelengths(read.rotary_dim(), read.theta());
  if (type == "default") return {numbers(plain), 1, 0};
  if (type == "linear") return {numbers(plain / read.number("factor")), 1, 0};
  if (type == "dynamic") return {numbers(plain), 1, read.context()};
  if (type == "llama3") return {numbers(llama3_frequencies(read, plain)), 1, 0};
  if (type == "yarn") return yarn_rope(read);
  if (type == "longrope") return long_rope(read);
  read.refuse_type();
}

}  // namespace selfreward
