#include "lib/kernels/cpu/float_rows.h"

#include "lib/kernels/cpu/backward_rows.h"
#include "lib/kernels/cpu/long_entmax_row.h"
#include "lib/kernels/cpu/long_rows.h"
#include "lib/kernels/cpu/short_rows.h"
#include "lib/kernels/cpu/softmax_rows.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {
namespace {

// How a row is solved is a matter of its own d and its length alone: what stands beside it must not matter.
enum Path { kSoftmax, kSmooth, kEntmax15, kSteep, kSparsemax, kPaths };

constexpr int64_t kRootsTwice = 64;  // keys: in longer rows, taking roots twice is cheaper than keeping them

// Of each lane's d; not a number is kSoftmax.
ABLATE_INLINE Vector PathsOf(Vector d) {
  const Vector one = All(1.f);
  return (Keep(GreaterEqual(d, All(kSmallestD)), one) + Keep(GreaterEqual(d, All(.5f)), one)) +
         (Keep(Greater(d, All(.5f)), one) + Keep(GreaterEqual(d, one), one));
}
ABLATE_INLINE Path PathOf(float d) { return static_cast<Path>(static_cast<int>(PathsOf(All(d))[0])); }

// Calls solve(path, rows, count) with up to kLanes rows of the same path: neighbours where they are alike, else as they come.
template <class Solve>
ABLATE_INLINE void ForEachGroup(const float* d, int64_t rows, Solve solve) {
  int64_t waiting[kPaths][kLanes], next[kLanes];
  int counts[kPaths] = {};
  for (int64_t row = 0; row < rows;) {
    const Path path = PathOf(d[row]);
    if (row + kLanes <= rows && !Any(Different(PathsOf(Load(d + row)), All(static_cast<float>(path))))) {
      for (int j = 0; j < kLanes; ++j) next[j] = row + j;
      solve(path, next, kLanes);
      row += kLanes;
      continue;
    }
    waiting[path][counts[path]++] = row++;
    if (counts[path] < kLanes) continue;
    solve(path, waiting[path], kLanes);
    counts[path] = 0;
  }
  for (int path = 0; path < kPaths; ++path) {
    if (counts[path] > 0) solve(static_cast<Path>(path), waiting[path], counts[path]);
  }
}

template <class Score>
void SolveEach(const ForwardTask<Score>& task, Path path, const int64_t* rows, int count) {
  for (int j = 0; j < count; ++j) {
    const float d = task.d[rows[j]];
    const Score* scores = task.scores + rows[j] * task.keys;
    float* probabilities = task.probabilities + rows[j] * task.keys;
    if (d != d) {
      FillRow(probabilities, task.keys, d);
    } else if (path == kSoftmax) {
      SolveSoftmaxRow(scores, task.keys, probabilities, task.scratch);
    } else {
      SolveLongEntmaxRow(scores, task.keys, d, probabilities, task.scratch);
    }
  }
}

template <class Score>
void SolveTogether(const ForwardTask<Score>& task, Path path, const int64_t* rows, int count) {
  RowGroup<Score> group;
  float d[kLanes];
  for (int j = 0; j < kLanes; ++j) {
    const int64_t row = rows[j < count ? j : 0];
    d[j] = task.d[row];
    group.scores[j] = task.scores + row * task.keys;
    group.probabilities[j] = task.probabilities + row * task.keys;
  }
  group.count = count, group.keys = task.keys;
  group.ahead = rows[count - 1] + kLanes < task.rows ? kLanes * task.keys : 0;
  const bool is_short = task.keys <= kShort;
  if (path == kSmooth) return SolveShortEntmaxRows<true>(group, Load(d), task.scratch);
  if (path == kSteep) return SolveShortEntmaxRows<false>(group, Load(d), task.scratch);
  if (path == kEntmax15) {
    return is_short ? SolveShortRows<Entmax15>(group, task.scratch) : SolveLongRows<Entmax15>(group, task.scratch);
  }
  return is_short ? SolveShortRows<Sparsemax>(group, task.scratch) : SolveLongRows<Sparsemax>(group, task.scratch);
}

template <class Gradient>
BackwardRow<Gradient> RowOf(const BackwardTask<Gradient>& task, int64_t row) {
  const int64_t at = row * task.keys;
  float* dalpha = task.alpha_gradients == nullptr ? nullptr : task.alpha_gradients + row;
  return {task.probabilities + at, task.gradients + at, task.score_gradients + at, task.d[row], dalpha, task.keys};
}

template <class Gradient, class MakeSlope>
void DifferentiateTogether(const BackwardTask<Gradient>& task, const int64_t* numbers, int count, MakeSlope make_slope) {
  const auto row_of = [&task, numbers](int j) { return RowOf(task, numbers[j]); };
  if (task.alpha_gradients == nullptr) {
    ShortRows<false, decltype(row_of), MakeSlope>(row_of, count, make_slope, task.scratch).Differentiate();
  } else {
    ShortRows<true, decltype(row_of), MakeSlope>(row_of, count, make_slope, task.scratch).Differentiate();
  }
}

// Where a row has a slope of its own, its gradient in alpha takes a second pass.
template <class Slope, class Gradient>
void DifferentiateAlone(const BackwardRow<Gradient>& row, float* scratch) {
  if (Slope::kIsSparse && row.keys > kDense) {
    DifferentiateSparseRow<Slope>(row, reinterpret_cast<int32_t*>(scratch));
  } else {
    DifferentiateDenseRow<Slope>(row);
  }
  if (row.dalpha != nullptr) DifferentiatePackedRow<false>(row, Slope(), scratch);
}

template <class Gradient>
void DifferentiateAlone(const BackwardRow<Gradient>& row, float* scratch) {
  switch (PathOf(row.d)) {
    case kSoftmax:
      return DifferentiateAlone<SoftmaxSlope>(row, scratch);
    case kEntmax15:
      return DifferentiateAlone<Entmax15Slope>(row, scratch);
    case kSparsemax:
      return DifferentiateAlone<SparsemaxSlope>(row, scratch);
    default:
      return DifferentiatePackedRow<true>(row, EntmaxSlope(row.d), scratch);
  }
}

// Short rows with cheap slopes: a loop of nothing else, which takes two thirds of the time of one that decides for each row.
template <class Slope, class Gradient>
void DifferentiateEach(const BackwardTask<Gradient>& task, const int64_t* numbers, int count) {
  for (int j = 0; j < count; ++j) DifferentiateDenseRow<Slope>(RowOf(task, numbers[j]));
  if (task.alpha_gradients == nullptr) return;
  for (int j = 0; j < count; ++j) DifferentiatePackedRow<false>(RowOf(task, numbers[j]), Slope(), task.scratch);
}

template <class Gradient>
void DifferentiateShort(const BackwardTask<Gradient>& task, Path path, const int64_t* numbers, int count) {
  switch (path) {
    case kSoftmax:
      return DifferentiateEach<SoftmaxSlope>(task, numbers, count);
    case kEntmax15:
      if (task.keys > kRootsTwice) return DifferentiateEach<Entmax15Slope>(task, numbers, count);
      return DifferentiateTogether(task, numbers, count, [](float) { return Entmax15Slope(); });
    case kSparsemax:
      return DifferentiateEach<SparsemaxSlope>(task, numbers, count);
    default:
      return DifferentiateTogether(task, numbers, count, [](float d) { return EntmaxSlope(d); });
  }
}

}  // namespace

int64_t ForwardScratch(int64_t keys) {
  if (keys <= kShort) return 3 * (keys + kLanes) * kLanes;
  if (keys <= kLongest) return (2 * keys + 4 * kLanes) * kLanes;
  return 3 * (keys + 4 * kLanes);
}

int64_t BackwardScratch(int64_t keys) { return keys <= kShort ? 2 * (keys + kLanes) * kLanes : 3 * (keys + 2 * kLanes); }

template <class Score>
void ForwardRows(const ForwardTask<Score>& task) {
  ForEachGroup(task.d, task.rows, [&](Path path, const int64_t* rows, int count) {
    const bool alone = path == kSoftmax || task.keys > kLongest || (task.keys > kShort && (path == kSmooth || path == kSteep));
    alone ? SolveEach(task, path, rows, count) : SolveTogether(task, path, rows, count);
  });
}

template <class Score>
void BackwardRows(const BackwardTask<Score>& task) {
  if (task.keys <= kShort) {
    ForEachGroup(task.d, task.rows,
                 [&](Path path, const int64_t* rows, int count) { DifferentiateShort(task, path, rows, count); });
  } else {
    for (int64_t row = 0; row < task.rows; ++row) DifferentiateAlone(RowOf(task, row), task.scratch);
  }
}

template void ForwardRows(const ForwardTask<float>&);
template void ForwardRows(const ForwardTask<Bfloat16>&);
template void BackwardRows(const BackwardTask<float>&);
template void BackwardRows(const BackwardTask<Bfloat16>&);

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
