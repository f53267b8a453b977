// The rows of entmax_rows.h in float, for one instruction set each. Parameters are checked already; a NaN among d gives a row
// of NaN. Score is float or Bfloat16.
#pragma once

#include <stdint.h>

#include "lib/kernels/cpu/bfloat16.h"

namespace ablate::kernels {

template <class Score>
struct ForwardTask {
  const Score* scores;   // [rows, keys]
  const float* d;        // [rows], alpha - 1
  int64_t rows, keys;    // both above 0
  float* probabilities;  // [rows, keys]
  float* scratch;        // [ForwardScratch(keys)]
};

template <class Score>
struct BackwardTask {
  const float* probabilities;  // [rows, keys]
  const Score* gradients;      // [rows, keys]
  const float* d;              // [rows], alpha - 1
  int64_t rows, keys;          // both above 0
  Score* score_gradients;      // [rows, keys]
  float* alpha_gradients;      // [rows], or null
  float* scratch;              // [BackwardScratch(keys)]
};

#define ABLATE_DECLARE_ROWS(set)                                    \
  namespace set {                                                   \
  int64_t ForwardScratch(int64_t keys);                             \
  int64_t BackwardScratch(int64_t keys);                            \
  template <class Score>                                            \
  void ForwardRows(const ForwardTask<Score>& task);                 \
  template <class Score>                                            \
  void BackwardRows(const BackwardTask<Score>& task);               \
  extern template void ForwardRows(const ForwardTask<float>&);      \
  extern template void ForwardRows(const ForwardTask<Bfloat16>&);   \
  extern template void BackwardRows(const BackwardTask<float>&);    \
  extern template void BackwardRows(const BackwardTask<Bfloat16>&); \
  }
ABLATE_DECLARE_ROWS(baseline)
ABLATE_DECLARE_ROWS(avx2)
ABLATE_DECLARE_ROWS(avx512)
#undef ABLATE_DECLARE_ROWS

}  // namespace ablate::kernels
