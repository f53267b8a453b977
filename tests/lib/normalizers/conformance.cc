#include "tests/lib/normalizers/conformance.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <limits>

#include "lib/testing/tensor_comparison.h"

namespace ablate::normalizers {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int64_t kInputWidth = 3;

void SetDouble(Attention& attention, const std::string& field, double value) {
  Attention::GetReflection()->SetDouble(&attention, Attention::descriptor()->FindFieldByName(field), value);
}

void SetUint(Attention& attention, const std::string& field, uint32_t value) {
  Attention::GetReflection()->SetUInt32(&attention, Attention::descriptor()->FindFieldByName(field), value);
}

// [1, H] numbers for a parameter per head, or [1, H, W].
at::Tensor NumbersFor(const LearnedParameter& parameter, const Attention& start, int64_t heads) {
  if (parameter.per_input) return testing::RandomTensor({1, heads, kInputWidth}, 71 + parameter.name.size(), at::kDouble) * .2;
  const auto* field = Attention::descriptor()->FindFieldByName(parameter.start_field);
  return at::arange(heads, at::kDouble).mul(.3).add(Attention::GetReflection()->GetDouble(start, field)).unsqueeze(0);
}

}  // namespace

std::vector<Setting> SettingsOf(const Entry& entry) {
  Attention plain;
  plain.set_normalizer(entry.name);
  std::vector<Setting> settings;
  if (Reads(entry.name, "alpha")) {
    for (double alpha : {1., 1.05, 1.3, 1.5, 1.8, 2.}) {
      settings.push_back({entry.name + "_alpha" + std::to_string(static_cast<int>(alpha * 100)), plain});
      settings.back().attention.set_alpha(alpha);
    }
  }
  const auto add_doubles = [&](const std::string& field, const std::vector<double>& values) {
    for (size_t i = 0; Reads(entry.name, field) && i < values.size(); ++i) {
      settings.push_back({entry.name + "_" + std::to_string(i), plain});
      SetDouble(settings.back().attention, field, values[i]);
    }
  };
  const auto add_counts = [&](const std::string& field, const std::vector<uint32_t>& values) {
    for (size_t i = 0; Reads(entry.name, field) && i < values.size(); ++i) {
      settings.push_back({entry.name + "_" + std::to_string(values[i]), plain});
      SetUint(settings.back().attention, field, values[i]);
    }
  };
  add_doubles("length_scale", {.43, -.7, 1.5});
  add_doubles("sink", {0, -3, 4});
  add_doubles("sparsegen_lambda", {0, -3, .5, .9});
  add_counts("sinkhorn_rounds", {0, 1, 4});
  add_counts("top_k", {1, 3, 8192});
  if (settings.empty()) settings.push_back({entry.name, plain});
  return settings;
}

std::vector<Setting> AllSettings() {
  std::vector<Setting> all;
  for (const Entry& entry : Catalogue()) {
    for (Setting& setting : SettingsOf(entry)) all.push_back(setting);
  }
  return all;
}

Parameters ParametersOf(const std::vector<Attention>& settings, int64_t heads, at::ScalarType type) {
  const int64_t trials = settings.size();
  const Entry& entry = *FindEntry(settings[0].normalizer());
  Parameters parameters{settings, {}, {}};
  if (Reads(entry.name, "alpha")) {
    std::vector<double> d;
    for (const Attention& attention : settings) d.insert(d.end(), heads, attention.alpha() - 1);
    parameters.alpha_minus_one = at::tensor(d, at::kDouble).reshape({trials, heads}).to(type);
  }
  for (const LearnedParameter& parameter : entry.learns) {
    const at::Tensor numbers = NumbersFor(parameter, settings[0], heads);
    std::vector<int64_t> shape = numbers.sizes().vec();
    shape[0] = trials;
    parameters.learned[parameter.name] = numbers.to(type).expand(shape).contiguous();
  }
  return parameters;
}

at::Tensor InputsOf(const at::Tensor& scores) {
  const at::Tensor inputs = testing::RandomTensor({1, scores.size(1), scores.size(3), kInputWidth}, 77, scores.scalar_type());
  return inputs.expand({scores.size(0), scores.size(1), scores.size(3), kInputWidth}).contiguous();
}

at::Tensor Weights(const Normalizer& normalizer, const at::Tensor& scores, const Parameters& parameters,
                   const at::Tensor& inputs) {
  const at::Tensor masked = scores.detach().eq(-kInfinity), unmasked = masked.logical_not();
  const QueryFacts facts{inputs, unmasked.any(2)};
  const at::Tensor queries = scores.masked_fill(masked, 0), hooked = normalizer.Queries(queries, facts, parameters);
  if (hooked.is_same(queries)) return normalizer.Probabilities(scores, parameters);
  return normalizer.Probabilities(hooked.masked_fill(masked, -kInfinity), parameters);
}

bool Scales(const Entry& entry) {
  const auto per_input = [](const LearnedParameter& parameter) { return parameter.per_input; };
  return Reads(entry.name, "length_scale") || Reads(entry.name, "sparsegen_lambda") ||
         std::any_of(entry.learns.begin(), entry.learns.end(), per_input);
}

at::Tensor MaskedScores(at::IntArrayRef shape, uint32_t seed) {
  at::Tensor scores = testing::RandomTensor(shape, seed) * 2;
  at::Tensor masked = testing::RandomTensor(shape, seed + 1).gt(0);
  masked.select(-1, 0).fill_(false);
  masked[0][0][0][0].fill_(true);
  return scores.masked_fill(masked, -kInfinity);
}

Parameters Conformance::For(const at::Tensor& scores) const {
  return ParametersOf(std::vector<Attention>(scores.size(0), GetParam().attention), scores.size(2), scores.scalar_type());
}

at::Tensor Conformance::Probabilities(const at::Tensor& scores) const {
  return Weights(*normalizer_, scores, For(scores), InputsOf(scores));
}

at::Tensor Conformance::Gradient(const at::Tensor& scores, const at::Tensor& weights) const {
  const at::Tensor leaf = scores.detach().clone().requires_grad_();
  Weights(*normalizer_, leaf, For(leaf), InputsOf(leaf)).backward(weights);
  return leaf.grad();
}

}  // namespace ablate::normalizers
