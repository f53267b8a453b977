// Dropout masks from addressed random numbers.
#pragma once

#include <ATen/core/Tensor.h>

#include "lib/models/layers.h"

namespace ablate::models {

struct DropoutMask {
  at::Tensor keep;    // [T, B * positions, width] uint8, on the CPU; 1 = kept
  at::Tensor scales;  // [T] f32: 1 / share really kept
};

DropoutMask MakeDropoutMask(const DropoutPlace& place, int64_t width);

}  // namespace ablate::models
