// Row-wise alpha-entmax with d = alpha - 1 of each row. Correia, Niculae, Martins 2019, arXiv:1909.00015. d = 0 is softmax, d =
// 1 sparsemax; d = 0, 1/2 and 1 take paths without powers of w.
//
//   scores          [rows, keys], contiguous, already scaled; -inf = masked. A row with a NaN or +inf gives NaN.
//   alpha_minus_one [rows], each in [0, 1], else InvalidArgument; a NaN gives a row of NaN.
//   probabilities   [rows, keys], caller-owned, must not alias; masked keys exactly 0, a row without keys is zeros.
//
// One thread; a row's bits depend on nothing but the row, its number of keys and the instruction set (instruction_set.h). float
// is for training, double for checks; rows of Bfloat16 are computed in float, and so are their probabilities, since gradients
// need them unrounded.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "lib/kernels/cpu/bfloat16.h"
#include "lib/kernels/cpu/instruction_set.h"

namespace ablate::kernels {

// Of the parameters and probabilities that belong to scores of a type.
template <class Score>
struct ComputedAs {
  using Type = Score;
};
template <>
struct ComputedAs<Bfloat16> {
  using Type = float;
};
template <class Score>
using Computed = typename ComputedAs<Score>::Type;

// Score: float, double or Bfloat16.
template <class Score>
absl::Status EntmaxRowsForward(const Score* scores, const Computed<Score>* alpha_minus_one, int64_t rows, int64_t keys,
                               Computed<Score>* probabilities);

// From the probabilities of the forward pass. score_gradients [rows, keys] is exactly 0 off the support; alpha_gradients
// [rows], the derivative in alpha, is null where it is not wanted.
template <class Score>
absl::Status EntmaxRowsBackward(const Computed<Score>* probabilities, const Score* gradients,
                                const Computed<Score>* alpha_minus_one, int64_t rows, int64_t keys, Score* score_gradients,
                                Computed<Score>* alpha_gradients);

}  // namespace ablate::kernels
