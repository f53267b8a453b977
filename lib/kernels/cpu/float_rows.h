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

// Softmax of each row's `kept` highest keys; the rest of the row is 0.
template <class Score>
struct TopKTask {
  const Score* scores;   // [rows, keys]
  const int64_t* kept;   // [rows], each at least 1
  int64_t rows, keys;    // both above 0; keys up to kLongestOfHighest
  float* probabilities;  // [rows, keys]
  float* scratch;        // [HighestScratch(keys)]
};

// All but each row's `kept` highest keys are masked.
struct KeepTask {
  float* scores;        // [rows, keys]
  const int64_t* kept;  // [rows]
  int64_t rows, keys;   // both above 0; keys up to kLongestOfHighest
  float* scratch;       // [HighestScratch(keys)]
  bool* skipped;        // [rows]: rows with a NaN or +inf are left as they are
};

constexpr int64_t kLongestOfHighest = 16384;  // the scratch grows with as many rows as a vector has lanes

#define ABLATE_DECLARE_ROWS(set)                                        \
  namespace set {                                                       \
  int64_t ForwardScratch(int64_t keys);                                 \
  int64_t BackwardScratch(int64_t keys);                                \
  template <class Score>                                                \
  void ForwardRows(const ForwardTask<Score>& task);                     \
  template <class Score>                                                \
  void BackwardRows(const BackwardTask<Score>& task);                   \
  int64_t HighestScratch(int64_t keys);                                 \
  template <class Score>                                                \
  void TopKForwardRows(const TopKTask<Score>& task);                    \
  template <class Score>                                                \
  void TopKBackwardRows(const BackwardTask<Score>& task);               \
  void KeepRows(const KeepTask& task);                                  \
  extern template void ForwardRows(const ForwardTask<float>&);          \
  extern template void ForwardRows(const ForwardTask<Bfloat16>&);       \
  extern template void BackwardRows(const BackwardTask<float>&);        \
  extern template void BackwardRows(const BackwardTask<Bfloat16>&);     \
  extern template void TopKForwardRows(const TopKTask<float>&);         \
  extern template void TopKForwardRows(const TopKTask<Bfloat16>&);      \
  extern template void TopKBackwardRows(const BackwardTask<float>&);    \
  extern template void TopKBackwardRows(const BackwardTask<Bfloat16>&); \
  }
ABLATE_DECLARE_ROWS(baseline)
ABLATE_DECLARE_ROWS(avx2)
ABLATE_DECLARE_ROWS(avx512)
#undef ABLATE_DECLARE_ROWS

}  // namespace ablate::kernels
