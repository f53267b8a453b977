// What changes while an array of trials is trained, and leaves with a trial that leaves.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/models/encoder.h"
#include "lib/training/adamw.h"
#include "proto/launch.pb.h"

namespace ablate::training {

// Sums since the last logged point.
struct RunningSums {
  double loss = 0;
  double balance_loss = 0;
  int64_t steps = 0;
};

struct RunningTrial {
  TrialRequest request;
  RunningSums sums;
  int64_t last_finite_step = 0;  // 0: none in this process
  double last_finite_loss = 0;
};

struct ArrayState {
  std::vector<RunningTrial> trials;  // [T]
  models::Encoder encoder;
  AdamW optimizer;
  std::vector<at::Tensor> multipliers;  // of each layer: balance's, as attention::StartMultipliers; empty if no trial has any
  int64_t step = 0;                     // optimizer steps taken

  // Requests sorted by (normalizer, structure). Errors as models::Encoder::Make.
  static absl::StatusOr<ArrayState> Make(const std::vector<TrialRequest>& requests, const models::EncoderShape& shape,
                                         at::Device device, const std::string& data_folder = "");

  // Share of the steps that are taken.
  double Progress() const {
    return static_cast<double>(step) / static_cast<double>(trials[0].request.trial().training().steps());
  }

  int64_t size() const { return static_cast<int64_t>(trials.size()); }

  // Keeps the trials at these places, in this order.
  absl::Status Keep(const std::vector<int64_t>& places);
};

// Their attention's settings, [T].
std::vector<Attention> AttentionOf(const std::vector<RunningTrial>& trials);

// Whether pairs are removed from the trial's attention.
bool HasSparsity(const Trial& trial);

}  // namespace ablate::training
