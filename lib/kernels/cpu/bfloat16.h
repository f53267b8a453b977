// bfloat16 as it lies in memory: the upper half of a float. Kernels widen it on loading and round to nearest even on storing.
#pragma once

#include <stdint.h>

namespace ablate::kernels {

struct Bfloat16 {
  uint16_t bits;
};

}  // namespace ablate::kernels
