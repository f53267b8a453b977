// As many rows as a vector has lanes, side by side: "columns" hold key i of all of them at columns[i * kLanes], one row to a
// lane. Sums over a row are then sums of vectors, and Newton's steps of all rows run in lockstep. A row that is done stands
// still while the others go on, so its bits don't depend on them.
#pragma once

#include "lib/kernels/cpu/vectors.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

// Lanes from `count` on repeat a row and are never stored.
template <class Score>
struct RowGroup {
  const Score* scores[kLanes];
  float* probabilities[kLanes];
  int count;
  int64_t keys;
  int64_t ahead;  // entries from a row to the one kLanes rows on, which is probably next; 0 where there is none
};

// The largest score of each row; the least number where there are no keys.
template <class Score>
ABLATE_INLINE Vector FindLargest(const RowGroup<Score>& group) {
  Vector rows[kLanes];
  for (int j = 0; j < kLanes; ++j) {
    const Score* scores = group.scores[j];
    Vector largest = All(-kLargestFloat);
    ForEachVector(group.keys, [&](int64_t i, auto extent) { largest = Max(largest, LoadOf(extent, scores + i, -kInfinity)); });
    rows[j] = largest;
  }
  return ReduceEach(rows, [](Vector a, Vector b) { return Max(a, b); });
}

// Columns of y = score - largest, whole vectors of keys; the rows go on with -inf. Calls see(y) with kLanes keys at a time.
// Returns a bit for each row with a NaN or +inf.
template <class Score, class See>
ABLATE_INLINE unsigned LoadColumns(const RowGroup<Score>& group, Vector largest, float* columns, See see) {
  float tops[kLanes];
  Store(tops, largest);
  Mask bad = GreaterEqual(largest, All(kInfinity));
  ForEachVector(group.keys, [&](int64_t i, auto extent) {
    Vector rows[kLanes];
    for (int j = 0; j < kLanes; ++j) {
      rows[j] = LoadOf(extent, group.scores[j] + i, -kInfinity) - All(tops[j]);
      WillWrite(group.probabilities[j] + i);
    }
    Transpose(rows);
    for (int j = 0; j < kLanes; j += 2) {
      bad = Or(bad, Unordered(rows[j], rows[j + 1]));
      Store(columns + (i + j) * kLanes, rows[j]);
      Store(columns + (i + j + 1) * kLanes, rows[j + 1]);
    }
    see(static_cast<const Vector*>(rows));
  });
  return Bits(bad);
}

// Rows of different lengths, `stride` apart, go on with -inf to whole vectors of keys; `most` is the longest.
ABLATE_INLINE void PadRows(const int64_t* counts, int64_t most, int64_t stride, float* rows) {
  const int64_t padded = (most + kLanes - 1) / kLanes * kLanes;
  for (int row = 0; row < kLanes; ++row) {
    for (int64_t i = counts[row]; i < padded; i += kLanes) Store(rows + row * stride + i, All(-kInfinity));
  }
}

// kLanes rows, `stride` apart, to columns: whole vectors of keys.
ABLATE_INLINE void TransposeRows(const float* rows, int64_t stride, int64_t keys, float* columns) {
  Vector block[kLanes];
  for (int64_t i = 0; i < keys; i += kLanes) {
    for (int j = 0; j < kLanes; ++j) block[j] = Load(rows + j * stride + i);
    Transpose(block);
    for (int j = 0; j < kLanes; ++j) Store(columns + (i + j) * kLanes, block[j]);
  }
}

// Probabilities from columns: value(i) is the vector of key i, and may be called for up to kLanes - 1 keys past the last.
template <class Score, class Value>
ABLATE_INLINE void StoreColumns(const RowGroup<Score>& group, Value value) {
  ForEachVector(group.keys, [&](int64_t i, auto extent) {
    Vector rows[kLanes];
    for (int j = 0; j < kLanes; ++j) rows[j] = value(i + j);
    Transpose(rows);
    if (group.count == kLanes) {
      for (int j = 0; j < kLanes; ++j) StoreOf(extent, group.probabilities[j] + i, rows[j]);
    } else {
      for (int j = 0; j < group.count; ++j) StoreOf(extent, group.probabilities[j] + i, rows[j]);
    }
  });
}

// Rows with a NaN or +inf become NaN.
template <class Score>
ABLATE_INLINE void FillBadRows(const RowGroup<Score>& group, unsigned bad) {
  for (int j = 0; bad != 0 && j < group.count; ++j) {
    if (bad >> j & 1) FillRow(group.probabilities[j], group.keys, __builtin_nanf(""));
  }
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
