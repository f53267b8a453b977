#include "lib/kernels/cpu/top_k_rows.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/status_macros.h"
#include "lib/kernels/cpu/double_rows.h"
#include "lib/kernels/cpu/float_rows.h"
#include "lib/kernels/cpu/ranked_keys.h"
#include "lib/kernels/cpu/scratch.h"

namespace ablate::kernels {
namespace {

absl::Status CheckShape(int64_t rows, int64_t keys) {
  if (rows >= 0 && keys >= 0 && keys <= std::numeric_limits<int32_t>::max()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(rows, " rows of ", keys, " keys; allowed are up to 2^31 - 1 keys"));
}

absl::Status CheckKept(const int64_t* kept, int64_t rows) {
  for (int64_t row = 0; row < rows; ++row) {
    if (kept[row] < 1) {
      return absl::InvalidArgumentError(absl::StrCat("row ", row, ": ", kept[row], " keys are kept; at least 1 is needed"));
    }
  }
  return absl::OkStatus();
}

// The functions of one instruction set.
template <class Score>
struct Rows {
  int64_t (*scratch)(int64_t keys);
  void (*forward)(const TopKTask<Score>&);
  void (*backward)(const BackwardTask<Score>&);
};

template <class Score>
Rows<Score> CurrentRows() {
  switch (CurrentInstructionSet()) {
    case InstructionSet::kAvx512:
      return {avx512::HighestScratch, avx512::TopKForwardRows, avx512::TopKBackwardRows};
    case InstructionSet::kAvx2:
      return {avx2::HighestScratch, avx2::TopKForwardRows, avx2::TopKBackwardRows};
    case InstructionSet::kBaseline:
      return {baseline::HighestScratch, baseline::TopKForwardRows, baseline::TopKBackwardRows};
  }
  return {};
}

void KeepInVectors(const KeepTask& task) {
  switch (CurrentInstructionSet()) {
    case InstructionSet::kAvx512:
      return avx512::KeepRows(task);
    case InstructionSet::kAvx2:
      return avx2::KeepRows(task);
    case InstructionSet::kBaseline:
      return baseline::KeepRows(task);
  }
}

template <class Real>
void Keep(const int64_t* kept, int64_t rows, int64_t keys, Real* scores) {
  RankedKeys<Real> ranked(keys);
  for (int64_t row = 0; row < rows; ++row) {
    ranked.Read(scores + row * keys, keys);
    ranked.KeepHighest(std::max<int64_t>(kept[row], 0), scores + row * keys);
  }
}

// Rows that the vectors leave are ranked one by one.
void Keep(const int64_t* kept, int64_t rows, int64_t keys, float* scores) {
  if (keys > kLongestOfHighest) return Keep<float>(kept, rows, keys, scores);
  Scratch scratch(CurrentRows<float>().scratch(keys));
  const std::unique_ptr<bool[]> skipped(new bool[rows]);
  KeepInVectors({scores, kept, rows, keys, scratch.get(), skipped.get()});
  for (int64_t row = 0; row < rows; ++row) {
    if (skipped[row]) Keep<float>(kept + row, 1, keys, scores + row * keys);
  }
}

float Widened(float score) { return score; }
double Widened(double score) { return score; }
float Widened(Bfloat16 score) {
  const uint32_t bits = uint32_t{score.bits} << 16;
  float wide;
  static_assert(sizeof wide == sizeof bits);
  std::copy_n(reinterpret_cast<const char*>(&bits), sizeof bits, reinterpret_cast<char*>(&wide));
  return wide;
}

// Doubles, and rows too long for kLanes at once: a copy with the other keys masked, then softmax.
template <class Score>
absl::Status ForwardOneByOne(const Score* scores, const int64_t* kept, int64_t rows, int64_t keys,
                             Computed<Score>* probabilities) {
  std::vector<Computed<Score>> row_kept(keys);
  const Computed<Score> softmax = 0;
  for (int64_t row = 0; row < rows; ++row) {
    std::transform(scores + row * keys, scores + (row + 1) * keys, row_kept.begin(), [](Score x) { return Widened(x); });
    Keep<Computed<Score>>(kept + row, 1, keys, row_kept.data());
    RETURN_IF_ERROR(EntmaxRowsForward(row_kept.data(), &softmax, 1, keys, probabilities + row * keys));
  }
  return absl::OkStatus();
}

template <class Score>
absl::Status Forward(const Score* scores, const int64_t* kept, int64_t rows, int64_t keys, float* probabilities) {
  if (keys > kLongestOfHighest) return ForwardOneByOne(scores, kept, rows, keys, probabilities);
  const Rows<Score> functions = CurrentRows<Score>();
  Scratch scratch(functions.scratch(keys));
  functions.forward({scores, kept, rows, keys, probabilities, scratch.get()});
  return absl::OkStatus();
}

absl::Status Forward(const double* scores, const int64_t* kept, int64_t rows, int64_t keys, double* probabilities) {
  return ForwardOneByOne(scores, kept, rows, keys, probabilities);
}

template <class Score>
void Backward(const float* probabilities, const Score* gradients, int64_t rows, int64_t keys, Score* score_gradients) {
  const Rows<Score> functions = CurrentRows<Score>();
  Scratch scratch(keys + 1);
  functions.backward({probabilities, gradients, nullptr, rows, keys, score_gradients, nullptr, scratch.get()});
}

void Backward(const double* probabilities, const double* gradients, int64_t rows, int64_t keys, double* score_gradients) {
  for (int64_t at = 0; at < rows * keys; at += keys) {
    BackwardDoubleRow(probabilities + at, gradients + at, 0, keys, score_gradients + at, nullptr);
  }
}

}  // namespace

template <class Score>
absl::Status TopKSoftmaxRowsForward(const Score* scores, const int64_t* kept, int64_t rows, int64_t keys,
                                    Computed<Score>* probabilities) {
  RETURN_IF_ERROR(CheckShape(rows, keys));
  RETURN_IF_ERROR(CheckKept(kept, rows));
  return rows > 0 && keys > 0 ? Forward(scores, kept, rows, keys, probabilities) : absl::OkStatus();
}

template <class Score>
absl::Status TopKSoftmaxRowsBackward(const Computed<Score>* probabilities, const Score* gradients, int64_t rows, int64_t keys,
                                     Score* score_gradients) {
  RETURN_IF_ERROR(CheckShape(rows, keys));
  if (rows > 0 && keys > 0) Backward(probabilities, gradients, rows, keys, score_gradients);
  return absl::OkStatus();
}

template <class Real>
absl::Status KeepHighestRows(const int64_t* kept, int64_t rows, int64_t keys, Real* scores) {
  RETURN_IF_ERROR(CheckShape(rows, keys));
  if (rows > 0 && keys > 0) Keep(kept, rows, keys, scores);
  return absl::OkStatus();
}

#define ABLATE_INSTANTIATE(Score)                                                                                 \
  template absl::Status TopKSoftmaxRowsForward(const Score*, const int64_t*, int64_t, int64_t, Computed<Score>*); \
  template absl::Status TopKSoftmaxRowsBackward(const Computed<Score>*, const Score*, int64_t, int64_t, Score*)
ABLATE_INSTANTIATE(float);
ABLATE_INSTANTIATE(double);
ABLATE_INSTANTIATE(Bfloat16);
#undef ABLATE_INSTANTIATE
template absl::Status KeepHighestRows(const int64_t*, int64_t, int64_t, float*);
template absl::Status KeepHighestRows(const int64_t*, int64_t, int64_t, double*);

}  // namespace ablate::kernels
