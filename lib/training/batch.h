// Examples as tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "lib/models/encoder.h"
#include "lib/tasks/task.h"

namespace ablate::training {

struct LabelledBatch {
  models::EncoderBatch inputs;
  at::Tensor labels;  // [T, B] int64
};

// Of each trial t the examples at places[t] (as many for each), padded to `length` tokens, at least the longest of them.
LabelledBatch MakeBatch(const std::vector<tasks::Example>& examples, const std::vector<std::vector<int64_t>>& places,
                        int64_t length, at::Device device);

}  // namespace ablate::training
