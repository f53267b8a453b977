// Makes the learned tensors of a network and holds them, so that its parts can name theirs by their places.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/models/parameters.h"

namespace ablate::models {

// Of an affine map, or of a norm.
struct LinearPlaces {
  int weight = 0, bias = 0;
};

// Keeps the variance of what goes through an affine map. BERT's 0.02 would let the residual branches of small widths vanish.
double VarianceKeepingDeviation(int64_t in);

class ParameterSet {
 public:
  // `stored`: values that all trials start from, by name, in the place of fresh ones.
  explicit ParameterSet(std::vector<uint64_t> seeds, std::map<std::string, at::Tensor> stored = {})
      : seeds_(std::move(seeds)), stored_(std::move(stored)) {}

  // value [T, ...]. Returns its place.
  int Add(const std::string& name, ParameterKind kind, at::Tensor value);
  // [T, rows, width] of normal numbers.
  int AddEmbedding(const std::string& name, int64_t rows, int64_t width, double deviation);
  // weight [T, in, out] of normal numbers, bias [T, out] zeros.
  LinearPlaces AddLinear(const std::string& name, int64_t in, int64_t out, double deviation);
  // weight [T, width] ones, bias zeros.
  LinearPlaces AddNorm(const std::string& name, int64_t width);

  const at::Tensor& operator[](int place) const { return all_[place].value; }
  std::vector<Parameter>& all() { return all_; }
  const std::vector<Parameter>& all() const { return all_; }
  const std::vector<uint64_t>& seeds() const { return seeds_; }
  int64_t trials() const { return static_cast<int64_t>(seeds_.size()); }

  // Drops the stored values, once all tensors are made.
  void ForgetStored() { stored_.clear(); }
  void MoveTo(at::Device device);
  // Keeps the trials at these places (ascending).
  void Keep(const std::vector<int64_t>& trials);

 private:
  at::Tensor Stored(const std::string& name) const;  // of all trials; undefined: not among the stored ones

  std::vector<uint64_t> seeds_;  // [T]
  std::map<std::string, at::Tensor> stored_;
  std::vector<Parameter> all_;
};

}  // namespace ablate::models
