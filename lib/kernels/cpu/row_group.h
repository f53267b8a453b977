// As many rows as a vector has lanes, side by side: "columns" hold key i of all of them at columns[i * kLanes], one row to a
// lane. Sums over a row are then sums of vectors, and Newton's steps of all rows run in lockstep. A row that is done stands
// still while the others go on, so its bits don't depend on them.
#pragma once

#include "lib/kernels/cpu/lane_maxima.h"

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

// Of each row.
struct Heads {
  Vector largest;  // score; the least number where there are no keys
  unsigned bad;    // a bit to each row: a NaN, or +inf
};

ABLATE_INLINE Heads MakeHeads(Vector largest, unsigned not_numbers) {
  return {Max(largest, All(-kLargestFloat)), not_numbers | Bits(GreaterEqual(largest, All(kInfinity)))};
}

template <class Score>
ABLATE_INLINE Heads FindHeads(const RowGroup<Score>& group) {
  Vector rows[kLanes];
  unsigned not_numbers = 0;
  for (int j = 0; j < kLanes; ++j) {
    const LaneMaxima maxima = FindLaneMaxima(group.scores[j], group.keys);
    rows[j] = maxima.all();
    not_numbers |= static_cast<unsigned>(Any(maxima.bad)) << j;
  }
  Transpose(rows);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int j = 0; j < half; ++j) rows[j] = Max(rows[j], rows[j + half]);
  }
  return MakeHeads(rows[0], not_numbers);
}

// Columns of y = score - largest, whole vectors of keys; the rows go on with -inf. Calls see(y) with kLanes keys at a time.
template <class Score, class See>
ABLATE_INLINE void LoadColumns(const RowGroup<Score>& group, Vector largest, float* columns, See see) {
  float tops[kLanes];
  Store(tops, largest);
  ForEachVector(group.keys, [&](int64_t i, auto extent) {
    Vector rows[kLanes];
    for (int j = 0; j < kLanes; ++j) rows[j] = LoadOf(extent, group.scores[j] + i, -kInfinity) - All(tops[j]);
    Transpose(rows);
    for (int j = 0; j < kLanes; ++j) Store(columns + (i + j) * kLanes, rows[j]);
    see(static_cast<const Vector*>(rows));
  });
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
