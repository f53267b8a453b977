// Attention maps as models give them, example by example. Private to lib/statistics.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>

#include "absl/status/status.h"
#include "lib/statistics/example_measure.h"

namespace ablate::statistics {

// probabilities [T, B, H, Q, K] f32, support the same in bool, query_valid [T, B, Q] and key_valid [T, B, K] bool; of another
// device they are copied.
struct MapTensors {
  at::Tensor probabilities, support, query_valid, key_valid;
};

// f(trial, example of the batch, its maps), trial by trial. InvalidArgument, and no call, where shapes, types, or the numbers
// of trials and heads are wrong.
absl::Status ForEachExample(const MapTensors& tensors, size_t trials, size_t heads,
                            const std::function<void(size_t, size_t, const ExampleMaps&)>& f);

}  // namespace ablate::statistics
