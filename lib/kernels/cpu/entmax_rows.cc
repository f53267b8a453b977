#include "lib/kernels/cpu/entmax_rows.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "lib/base/status_macros.h"
#include "lib/kernels/cpu/double_rows.h"
#include "lib/kernels/cpu/float_rows.h"
#include "lib/kernels/cpu/scratch.h"

namespace ablate::kernels {
namespace {

template <class Real>
absl::Status CheckParameters(const Real* alpha_minus_one, int64_t rows, int64_t keys) {
  if (rows < 0 || keys < 0 || keys > std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError(absl::StrCat(rows, " rows of ", keys, " keys; allowed are up to 2^31 - 1 keys"));
  }
  int outside = 0;  // without a branch: a row of 16 keys takes few nanoseconds
  for (int64_t row = 0; row < rows; ++row) outside |= (alpha_minus_one[row] < 0) | (alpha_minus_one[row] > 1);
  for (int64_t row = 0; outside && row < rows; ++row) {
    const Real d = alpha_minus_one[row];
    if (d < 0 || d > 1) {
      return absl::InvalidArgumentError(absl::StrCat("row ", row, ": alpha is ", 1 + double{d}, "; allowed is [1, 2]"));
    }
  }
  return absl::OkStatus();
}

// The functions of one instruction set.
template <class Score>
struct Rows {
  int64_t (*forward_scratch)(int64_t keys);
  int64_t (*backward_scratch)(int64_t keys);
  void (*forward)(const ForwardTask<Score>&);
  void (*backward)(const BackwardTask<Score>&);
};

template <class Score>
Rows<Score> CurrentRows() {
  switch (CurrentInstructionSet()) {
    case InstructionSet::kAvx512:
      return {avx512::ForwardScratch, avx512::BackwardScratch, avx512::ForwardRows, avx512::BackwardRows};
    case InstructionSet::kAvx2:
      return {avx2::ForwardScratch, avx2::BackwardScratch, avx2::ForwardRows, avx2::BackwardRows};
    case InstructionSet::kBaseline:
      return {baseline::ForwardScratch, baseline::BackwardScratch, baseline::ForwardRows, baseline::BackwardRows};
  }
  return {};
}

template <class Score>
void Forward(const Score* scores, const float* d, int64_t rows, int64_t keys, float* probabilities) {
  const Rows<Score> functions = CurrentRows<Score>();
  Scratch scratch(functions.forward_scratch(keys));
  functions.forward({scores, d, rows, keys, probabilities, scratch.get()});
}

void Forward(const double* scores, const double* d, int64_t rows, int64_t keys, double* probabilities) {
  for (int64_t row = 0; row < rows; ++row) ForwardDoubleRow(scores + row * keys, d[row], keys, probabilities + row * keys);
}

template <class Score>
void Backward(const float* probabilities, const Score* gradients, const float* d, int64_t rows, int64_t keys,
              Score* score_gradients, float* alpha_gradients) {
  const Rows<Score> functions = CurrentRows<Score>();
  Scratch scratch(functions.backward_scratch(keys));
  functions.backward({probabilities, gradients, d, rows, keys, score_gradients, alpha_gradients, scratch.get()});
}

void Backward(const double* probabilities, const double* gradients, const double* d, int64_t rows, int64_t keys,
              double* score_gradients, double* alpha_gradients) {
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t at = row * keys;
    BackwardDoubleRow(probabilities + at, gradients + at, d[row], keys, score_gradients + at,
                      alpha_gradients == nullptr ? nullptr : alpha_gradients + row);
  }
}

}  // namespace

template <class Score>
absl::Status EntmaxRowsForward(const Score* scores, const Computed<Score>* alpha_minus_one, int64_t rows, int64_t keys,
                               Computed<Score>* probabilities) {
  RETURN_IF_ERROR(CheckParameters(alpha_minus_one, rows, keys));
  if (rows > 0 && keys > 0) Forward(scores, alpha_minus_one, rows, keys, probabilities);
  return absl::OkStatus();
}

template <class Score>
absl::Status EntmaxRowsBackward(const Computed<Score>* probabilities, const Score* gradients,
                                const Computed<Score>* alpha_minus_one, int64_t rows, int64_t keys, Score* score_gradients,
                                Computed<Score>* alpha_gradients) {
  RETURN_IF_ERROR(CheckParameters(alpha_minus_one, rows, keys));
  if (rows > 0 && keys > 0) {
    Backward(probabilities, gradients, alpha_minus_one, rows, keys, score_gradients, alpha_gradients);
  } else if (alpha_gradients != nullptr) {
    for (int64_t row = 0; row < rows; ++row) alpha_gradients[row] = 0;
  }
  return absl::OkStatus();
}

#define ABLATE_INSTANTIATE(Score)                                                                                          \
  template absl::Status EntmaxRowsForward(const Score*, const Computed<Score>*, int64_t, int64_t, Computed<Score>*);       \
  template absl::Status EntmaxRowsBackward(const Computed<Score>*, const Score*, const Computed<Score>*, int64_t, int64_t, \
                                           Score*, Computed<Score>*)
ABLATE_INSTANTIATE(float);
ABLATE_INSTANTIATE(double);
ABLATE_INSTANTIATE(Bfloat16);
#undef ABLATE_INSTANTIATE

}  // namespace ablate::kernels
