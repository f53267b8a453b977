// Top-k softmax and the removal of all but the highest keys, as float_rows.h declares them.
#include "lib/kernels/cpu/backward_rows.h"
#include "lib/kernels/cpu/float_rows.h"
#include "lib/kernels/cpu/highest_rows.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {
namespace {

// Up to kLanes rows from `first` on.
template <class Score>
ABLATE_INLINE HighestGroup<Score> MakeGroup(const Score* scores, const int64_t* kept, int64_t first, int64_t rows, int64_t keys,
                                            float* result, float* scratch) {
  HighestGroup<Score> group;
  group.rows.count = static_cast<int>(rows - first < kLanes ? rows - first : kLanes);
  group.rows.keys = keys;
  group.rows.ahead = 0;
  for (int j = 0; j < kLanes; ++j) {
    const int64_t row = first + (j < group.rows.count ? j : 0);
    group.rows.scores[j] = scores + row * keys;
    group.rows.probabilities[j] = result + row * keys;
    group.wanted[j] = kept[row] > keys ? static_cast<float>(keys) : kept[row] < 0 ? 0.f : static_cast<float>(kept[row]);
  }
  group.columns = scratch;
  group.packed = scratch + (keys + kLanes) * kLanes;
  return group;
}

}  // namespace

int64_t HighestScratch(int64_t keys) { return HighestScratchOf(keys); }

template <class Score>
void TopKForwardRows(const TopKTask<Score>& task) {
  for (int64_t first = 0; first < task.rows; first += kLanes) {
    HighestGroup<Score> group =
        MakeGroup(task.scores, task.kept, first, task.rows, task.keys, task.probabilities, task.scratch);
    CutRows(group);
    for (int row = 0; row < group.rows.count; ++row) SolveKept(group, row);
  }
}

template <class Gradient>
void TopKBackwardRows(const BackwardTask<Gradient>& task) {
  for (int64_t at = 0; at < task.rows * task.keys; at += task.keys) {
    const BackwardRow<Gradient> row{
        task.probabilities + at, task.gradients + at, task.score_gradients + at, 0, nullptr, task.keys};
    if (task.keys > kDense) {
      DifferentiateSparseRow<SoftmaxSlope>(row, reinterpret_cast<int32_t*>(task.scratch));
    } else {
      DifferentiateDenseRow<SoftmaxSlope>(row);
    }
  }
}

void KeepRows(const KeepTask& task) {
  for (int64_t first = 0; first < task.rows; first += kLanes) {
    HighestGroup<float> group =
        MakeGroup<float>(task.scores, task.kept, first, task.rows, task.keys, task.scores, task.scratch);
    CutRows(group);
    for (int row = 0; row < group.rows.count; ++row) {
      task.skipped[first + row] = group.bad >> row & 1;
      if (!task.skipped[first + row]) MaskRest(group, row);
    }
  }
}

template void TopKForwardRows(const TopKTask<float>&);
template void TopKForwardRows(const TopKTask<Bfloat16>&);
template void TopKBackwardRows(const BackwardTask<float>&);
template void TopKBackwardRows(const BackwardTask<Bfloat16>&);

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
