#include "lib/kernels/cpu/entmax_rows.h"

#include <limits>
#include <vector>

#include "fmt/format.h"
#include "lib/kernels/cpu/entmax_solver.h"

namespace ablate::kernels {
namespace {

template <class Real>
struct Solver {
  void (*forward)(const Real*, Real, int64_t, Real*, Candidates<Real>);
  void (*backward)(const Real*, const Real*, Real, int64_t, Real*, Real*, Candidates<Real>);
};

template <class Real>
Solver<Real> ChooseSolver(InstructionSet set) {
  switch (set) {
    case InstructionSet::kAvx512:
      return {avx512::ForwardRow, avx512::BackwardRow};
    case InstructionSet::kAvx2:
      return {avx2::ForwardRow, avx2::BackwardRow};
    case InstructionSet::kBaseline:
      return {baseline::ForwardRow, baseline::BackwardRow};
  }
  return {};
}

InstructionSet& Current() {
  static InstructionSet set = WidestInstructionSet();
  return set;
}

template <class Real>
absl::Status CheckParameters(const Real* alpha_minus_one, int64_t rows, int64_t keys) {
  if (rows < 0 || keys < 0 || keys > std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError(fmt::format("{} rows of {} keys; allowed are up to 2^31 - 1 keys", rows, keys));
  }
  for (int64_t row = 0; row < rows; ++row) {
    const Real d = alpha_minus_one[row];
    if (d < 0 || d > 1) {
      return absl::InvalidArgumentError(fmt::format("row {}: alpha is {}; allowed is [1, 2]", row, 1 + double{d}));
    }
  }
  return absl::OkStatus();
}

// The candidates of one row after the other, allocated once for all rows of a call.
template <class Real>
class Scratch {
 public:
  explicit Scratch(int64_t keys) : stride_(keys + kPadding), numbers_(3 * stride_), keys_(stride_) {}

  Candidates<Real> candidates() {
    Real* y = numbers_.data();
    return {y, y + stride_, y + 2 * stride_, keys_.data(), 0};
  }

 private:
  static constexpr int64_t kPadding = 32;  // vectors are read and written past the last key
  int64_t stride_;
  std::vector<Real> numbers_;
  std::vector<int32_t> keys_;
};

}  // namespace

InstructionSet WidestInstructionSet() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return InstructionSet::kAvx512;
  return __builtin_cpu_supports("avx2") ? InstructionSet::kAvx2 : InstructionSet::kBaseline;
}

InstructionSet CurrentInstructionSet() { return Current(); }
void UseInstructionSet(InstructionSet set) { Current() = set; }

template <class Real>
absl::Status EntmaxRowsForward(const Real* scores, const Real* alpha_minus_one, int64_t rows, int64_t keys,
                               Real* probabilities) {
  if (absl::Status status = CheckParameters(alpha_minus_one, rows, keys); !status.ok()) return status;
  const Solver<Real> solver = ChooseSolver<Real>(Current());
  Scratch<Real> scratch(keys);
  for (int64_t row = 0; row < rows; ++row) {
    solver.forward(scores + row * keys, alpha_minus_one[row], keys, probabilities + row * keys, scratch.candidates());
  }
  return absl::OkStatus();
}

template <class Real>
absl::Status EntmaxRowsBackward(const Real* probabilities, const Real* gradients, const Real* alpha_minus_one, int64_t rows,
                                int64_t keys, Real* score_gradients, Real* alpha_gradients) {
  if (absl::Status status = CheckParameters(alpha_minus_one, rows, keys); !status.ok()) return status;
  const Solver<Real> solver = ChooseSolver<Real>(Current());
  Scratch<Real> scratch(keys);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t at = row * keys;
    solver.backward(probabilities + at, gradients + at, alpha_minus_one[row], keys, score_gradients + at,
                    alpha_gradients == nullptr ? nullptr : alpha_gradients + row, scratch.candidates());
  }
  return absl::OkStatus();
}

#define ABLATE_INSTANTIATE(Real)                                                              \
  template absl::Status EntmaxRowsForward(const Real*, const Real*, int64_t, int64_t, Real*); \
  template absl::Status EntmaxRowsBackward(const Real*, const Real*, const Real*, int64_t, int64_t, Real*, Real*)
ABLATE_INSTANTIATE(float);
ABLATE_INSTANTIATE(double);
#undef ABLATE_INSTANTIATE

}  // namespace ablate::kernels
