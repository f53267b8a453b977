// The rows of entmax_rows.h in double: one key after the other with the C library's functions. For checks, not for speed.
// Parameters are checked already; a NaN among d gives a row of NaN.
#pragma once

#include <cstdint>

namespace ablate::kernels {

// scores, probabilities [keys]; d = alpha - 1.
void ForwardDoubleRow(const double* scores, double d, int64_t keys, double* probabilities);

// probabilities, gradients, score_gradients [keys]; alpha_gradient may be null.
void BackwardDoubleRow(const double* probabilities, const double* gradients, double d, int64_t keys, double* score_gradients,
                       double* alpha_gradient);

}  // namespace ablate::kernels
