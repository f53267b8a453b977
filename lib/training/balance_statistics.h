// What balance logs at an evaluation beside degrees: its multipliers, and by how much its constraints are violated.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "proto/event.pb.h"
#include "proto/trial.pb.h"

namespace ablate::training {

// Of one kind of attention of T trials.
class BalanceStatistics {
 public:
  BalanceStatistics(std::string attention, std::vector<Attention> settings)
      : attention_(std::move(attention)), settings_(std::move(settings)) {}

  // violations: attention::Outputs' of a batch of so many examples, undefined: nothing to add. Layers in any order.
  void Add(int64_t layer, const at::Tensor& violations, int64_t examples);

  // Appends multiplier_KIND and violation_KIND of each head to the trial's statistics, for the kinds of constraints that its
  // form has. multipliers: of each layer, or none.
  void Append(int64_t trial, const std::vector<at::Tensor>& multipliers, AttentionStatistics& statistics) const;

 private:
  struct Sum {
    at::Tensor violations;  // times examples, f64
    int64_t examples = 0;
  };
  void AppendValues(int64_t trial, int64_t layer, const char* what, const at::Tensor& values,
                    AttentionStatistics& statistics) const;

  std::string attention_;
  std::vector<Attention> settings_;  // [T]
  std::vector<Sum> sums_;            // by layer
};

}  // namespace ablate::training
