// Row-wise alpha-entmax with d = alpha - 1 of each row. Correia, Niculae, Martins 2019, arXiv:1909.00015. d = 0 is softmax, d =
// 1 sparsemax; d = 0, 1/2 and 1 take paths without powers.
//
//   scores         [rows, keys], contiguous, already scaled; -inf = masked. A row with a NaN or +inf gives NaN.
//   alpha_minus_one [rows], each in [0, 1], else InvalidArgument; a NaN gives a row of NaN.
//   probabilities  [rows, keys], caller-owned, must not alias; masked keys exactly 0, a row without keys is zeros.
//
// One thread; a row's bits depend on nothing but the row. float is for training, double for checks.
#pragma once

#include <cstdint>

#include "absl/status/status.h"

namespace ablate::kernels {

// Which instructions the rows are computed with: the bits are the same with each (tested), the times are not.
enum class InstructionSet { kBaseline, kAvx2, kAvx512 };

// What this machine has.
InstructionSet WidestInstructionSet();

// At first the widest. UseInstructionSet is for tests and benchmarks; not while rows are being computed.
InstructionSet CurrentInstructionSet();
void UseInstructionSet(InstructionSet set);

template <class Real>
absl::Status EntmaxRowsForward(const Real* scores, const Real* alpha_minus_one, int64_t rows, int64_t keys,
                               Real* probabilities);

// From the probabilities of the forward pass. score_gradients [rows, keys] is exactly 0 off the support; alpha_gradients
// [rows], the derivative in alpha, is null where it is not wanted.
template <class Real>
absl::Status EntmaxRowsBackward(const Real* probabilities, const Real* gradients, const Real* alpha_minus_one, int64_t rows,
                                int64_t keys, Real* score_gradients, Real* alpha_gradients);

}  // namespace ablate::kernels
