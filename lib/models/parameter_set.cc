#include "lib/models/parameter_set.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <cmath>

namespace ablate::models {

using at::Tensor;

double VarianceKeepingDeviation(int64_t in) { return 1 / std::sqrt(static_cast<double>(in)); }

int ParameterSet::Add(const std::string& name, ParameterKind kind, Tensor value) {
  value.set_requires_grad(true);
  Parameter parameter;
  parameter.name = name;
  parameter.kind = kind;
  parameter.value = std::move(value);
  all_.push_back(std::move(parameter));
  return static_cast<int>(all_.size()) - 1;
}

Tensor ParameterSet::Stored(const std::string& name) const {
  const auto found = stored_.find(name);
  if (found == stored_.end()) return {};
  std::vector<int64_t> shape = found->second.sizes().vec();
  shape.insert(shape.begin(), trials());
  return found->second.unsqueeze(0).expand(shape).clone(at::MemoryFormat::Contiguous);
}

int ParameterSet::AddEmbedding(const std::string& name, int64_t rows, int64_t width, double deviation) {
  const Tensor stored = Stored(name);
  return Add(name, ParameterKind::kEmbedding,
             stored.defined() ? stored : InitialNormal(seeds_, name, {rows, width}, deviation));
}

LinearPlaces ParameterSet::AddLinear(const std::string& name, int64_t in, int64_t out, double deviation) {
  const std::string weight = name + ".weight";
  const Tensor stored = Stored(weight), bias = Stored(name + ".bias");
  const int place =
      Add(weight, ParameterKind::kWeight, stored.defined() ? stored : InitialNormal(seeds_, weight, {in, out}, deviation));
  return {place, Add(name + ".bias", ParameterKind::kBias, bias.defined() ? bias : at::zeros({trials(), out}, at::kFloat))};
}

LinearPlaces ParameterSet::AddNorm(const std::string& name, int64_t width) {
  const Tensor stored = Stored(name + ".weight"), bias = Stored(name + ".bias");
  const int weight =
      Add(name + ".weight", ParameterKind::kNorm, stored.defined() ? stored : at::ones({trials(), width}, at::kFloat));
  return {weight, Add(name + ".bias", ParameterKind::kNorm, bias.defined() ? bias : at::zeros({trials(), width}, at::kFloat))};
}

void ParameterSet::MoveTo(at::Device device) {
  for (Parameter& parameter : all_) {
    parameter.value = parameter.value.detach().to(device);
    parameter.value.set_requires_grad(true);
  }
}

void ParameterSet::Keep(const std::vector<int64_t>& trials) {
  std::vector<uint64_t> seeds;
  for (const int64_t t : trials) seeds.push_back(seeds_[t]);
  seeds_ = std::move(seeds);
  for (Parameter& parameter : all_) {
    parameter.value = KeepTrials(parameter.value, trials);
    parameter.value.set_requires_grad(true);
  }
}

}  // namespace ablate::models
