// Row-wise top-k softmax, Zhao et al. 2019, arXiv:1912.11637, and the removal of all but a row's highest keys. Which keys those
// are: ranked_keys.h. Floats are compared for as many rows at once as a vector has lanes, without sorting.
//
//   scores         [rows, keys], contiguous, already scaled; -inf = masked.
//   kept           [rows]: how many keys a row keeps at most.
//   probabilities  [rows, keys], caller-owned, must not alias; exactly 0 but for the keys that are kept. A row without keys is
//                  zeros; one with a NaN or +inf is NaN.
//
// One thread; a row's bits depend on nothing but the row, its number of keys and the instruction set (instruction_set.h).
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "lib/kernels/cpu/entmax_rows.h"

namespace ablate::kernels {

// Score: float, double or Bfloat16. InvalidArgument where `kept` is below 1.
template <class Score>
absl::Status TopKSoftmaxRowsForward(const Score* scores, const int64_t* kept, int64_t rows, int64_t keys,
                                    Computed<Score>* probabilities);

// From the probabilities of the forward pass. score_gradients [rows, keys] is exactly 0 where they are.
template <class Score>
absl::Status TopKSoftmaxRowsBackward(const Computed<Score>* probabilities, const Score* gradients, int64_t rows, int64_t keys,
                                     Score* score_gradients);

// In place: scores of the other keys become -inf. Real: float or double.
template <class Real>
absl::Status KeepHighestRows(const int64_t* kept, int64_t rows, int64_t keys, Real* scores);

}  // namespace ablate::kernels
