// Long rows for the alphas with a curve of their own. A few real keys of each row, the largest of every lane, give a lower
// bound of the edge of its support; only keys above it are candidates, usually a few per cent, and the rest of the way is in
// columns of candidates.
#pragma once

#include "lib/kernels/cpu/curves.h"
#include "lib/kernels/cpu/lane_maxima.h"
#include "lib/kernels/cpu/lockstep.h"
#include "lib/kernels/cpu/row_group.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

constexpr int64_t kLongest = 8192;  // keys: longer rows are solved one by one, since the scratch grows with kLanes rows

// Packs y = score - largest of the keys with y > edge, without a branch, which could not be predicted; their number. Writes up
// to kLanes entries past the last one. Probabilities are to come.
template <class Score>
ABLATE_INLINE int64_t PackCandidates(const Score* scores, int64_t keys, Vector largest, Vector edge, const float* probabilities,
                                     float* candidates) {
  int64_t count = 0;
  ForEachVector(keys, [&](int64_t i, auto extent) {
    WillWrite(probabilities + i);
    const Vector y = LoadOf(extent, scores + i, -kInfinity) - largest;
    count += Compress(candidates + count, Greater(y, edge), y);
  });
  return count;
}

constexpr int kSeeds = 2 * kLanes;  // real keys of a row that give the first bound

// Lower bounds of the edges. Fills in each row's largest score, and a bit where it has a NaN or +inf.
template <class Curve, class Score>
ABLATE_INLINE Vector BoundEdges(const RowGroup<Score>& group, Vector& largest, unsigned& bad) {
  float seeds[kLanes][kSeeds], columns[kSeeds * kLanes];
  bad = 0;
  for (int row = 0; row < kLanes; ++row) {
    const LaneMaxima maxima = FindLaneMaxima(group.scores[row], group.keys);
    Store(seeds[row], Max(maxima.of[0], maxima.of[2]));
    Store(seeds[row] + kLanes, Max(maxima.of[1], maxima.of[3]));
    bad |= static_cast<unsigned>(Any(maxima.bad)) << row;
  }
  Vector most = All(-kInfinity), block[kLanes];
  for (int i = 0; i < kSeeds; i += kLanes) {
    for (int j = 0; j < kLanes; ++j) block[j] = Load(seeds[j] + i);
    Transpose(block);
    for (int j = 0; j < kLanes; ++j) {
      most = Max(most, block[j]);
      Store(columns + (i + j) * kLanes, block[j]);
    }
  }
  bad |= Bits(GreaterEqual(most, All(kInfinity)));
  largest = Max(most, All(-kLargestFloat));
  const Vector start = All(Curve::kStart);
  Sums sums;
  for (int i = 0; i < kSeeds * kLanes; i += kLanes) {
    const Vector y = Load(columns + i) - largest;
    Curve::Add(y, start, sums);
    Store(columns + i, y);
  }
  const Root root = SolveColumns<Curve>(columns, kSeeds, start, sums, .02f);
  return Max(root.edge + root.step - All(1e-5f), All(Curve::kStart));  // rounding must not hide a key of the support
}

// Candidates of all rows as columns; the most that one has.
template <class Score>
ABLATE_INLINE int64_t PackColumns(const RowGroup<Score>& group, const float* largest, const float* edges, float* columns,
                                  float* candidates) {
  const int64_t stride = group.keys + 2 * kLanes;
  int64_t count[kLanes], most = 0;
  for (int row = 0; row < kLanes; ++row) {
    count[row] = PackCandidates(group.scores[row], group.keys, All(largest[row]), All(edges[row]), group.probabilities[row],
                                candidates + row * stride);
    most = count[row] > most ? count[row] : most;
  }
  PadRows(count, most, stride, candidates);
  TransposeRows(candidates, stride, most, columns);
  return most;
}

// Scratch: (2 keys + 4 kLanes) kLanes floats.
template <class Curve, class Score>
void SolveLongRows(const RowGroup<Score>& group, float* columns) {
  Vector largest;
  unsigned bad;
  const Vector bounds = BoundEdges<Curve>(group, largest, bad);
  float tops[kLanes], edges[kLanes];
  Store(tops, largest);
  Store(edges, bounds);
  const int64_t most = PackColumns(group, tops, edges, columns, columns + (group.keys + kLanes) * kLanes);
  const Sums sums = AddColumns<Curve>(columns, most, bounds);
  StoreValues<Curve>(group, largest, SolveColumns<Curve>(columns, most, bounds, sums, kTolerance));
  FillBadRows(group, bad);
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
