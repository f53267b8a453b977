// The highest keys of kLanes rows at a time (column_cuts.h): their softmax, or the rows with all other keys masked. Of a long
// row only the keys above a bound are searched: as many shares of the row as it keeps keys have their largest score there.
#pragma once

#include "lib/kernels/cpu/column_cuts.h"
#include "lib/kernels/cpu/row_group.h"
#include "lib/kernels/cpu/softmax_rows.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

constexpr int kSeeds = 64;           // shares of a row: a multiple of kLanes
constexpr int64_t kBoundFrom = 256;  // keys from which on a bound is worth its search

// A group's rows and what is known of them.
template <class Score>
struct HighestGroup {
  RowGroup<Score> rows;
  float wanted[kLanes];  // keys to keep; 0 where the row is bad
  float largest[kLanes], cut[kLanes], ties[kLanes];
  unsigned bad = 0;             // a bit where a row has a NaN or +inf
  bool has_candidates = false;  // in `packed`; else there is room only
  int64_t candidates[kLanes];   // how many
  float *columns, *packed;      // [keys + kLanes][kLanes], [kLanes][stride()]

  ABLATE_INLINE int64_t stride() const { return rows.keys + 2 * kLanes; }
  ABLATE_INLINE void MarkBad(unsigned bits) {
    bad |= bits;
    for (int row = 0; row < kLanes; ++row) {
      if (bad >> row & 1) wanted[row] = 0;
    }
  }
  ABLATE_INLINE void Take(const Cuts& cuts) {
    Store(cut, cuts.cut);
    Store(ties, cuts.ties);
  }
};

// Floats that a group needs for columns and packed keys.
ABLATE_INLINE int64_t HighestScratchOf(int64_t keys) { return (2 * keys + 4 * kLanes) * kLanes; }

// The largest score of each share of a row, which has kSeeds keys at least. Whether it has a NaN.
template <class Score>
ABLATE_INLINE bool FindSeeds(const Score* scores, int64_t keys, float* seeds) {
  constexpr int kVectors = kSeeds / kLanes;
  Vector largest[kVectors];
  for (Vector& share : largest) share = All(-kInfinity);
  Mask bad = Nowhere();
  int64_t i = 0;
  for (; i + kSeeds <= keys; i += kSeeds) {
    for (int j = 0; j < kVectors; ++j) {
      const Vector x = Load(scores + i + j * kLanes);
      bad = Or(bad, Unordered(x, x));
      largest[j] = Max(largest[j], x);
    }
  }
  ForEachVector(keys - i, [&](int64_t j, auto extent) {
    const Vector x = LoadOf(extent, scores + i + j, -kInfinity);
    bad = Or(bad, Unordered(x, x));
    largest[0] = Max(largest[0], x);
  });
  for (int j = 0; j < kVectors; ++j) Store(seeds + j * kLanes, largest[j]);
  return Any(bad);
}

// A bound of each row, and its largest score.
template <class Score>
ABLATE_INLINE Vector BoundRows(HighestGroup<Score>& group) {
  float seeds[kLanes * kSeeds];
  unsigned bad = 0;
  for (int row = 0; row < kLanes; ++row) {
    bad |= static_cast<unsigned>(FindSeeds(group.rows.scores[row], group.rows.keys, seeds + row * kSeeds)) << row;
  }
  TransposeRows(seeds, kSeeds, kSeeds, group.columns);
  const Extent extent = FindExtent(group.columns, kSeeds);
  Store(group.largest, extent.largest);
  group.MarkBad(bad | Bits(GreaterEqual(extent.largest, All(kInfinity))));
  return BoundCuts(group.columns, kSeeds, extent, Load(group.wanted));
}

// Packs the scores from the bound on; their number. Writes up to kLanes entries past the last one. A result is to come.
template <class Score>
ABLATE_INLINE int64_t PackFrom(const Score* scores, int64_t keys, Vector bound, const float* result, float* packed) {
  int64_t count = 0;
  ForEachVector(keys, [&](int64_t i, auto extent) {
    WillWrite(result + i);
    const Vector x = LoadOf(extent, scores + i, -kInfinity);
    count += Compress(packed + count, GreaterEqual(x, bound), x);
  });
  return count;
}

template <class Score>
ABLATE_INLINE void CutCandidates(HighestGroup<Score>& group) {
  const Vector bounds = BoundRows(group);
  float bound[kLanes], counts[kLanes];
  Store(bound, bounds);
  int64_t most = 0;
  for (int row = 0; row < kLanes; ++row) {
    const int64_t count = PackFrom(group.rows.scores[row], group.rows.keys, All(bound[row]), group.rows.probabilities[row],
                                   group.packed + row * group.stride());
    group.candidates[row] = count, counts[row] = static_cast<float>(count);
    most = count > most ? count : most;
  }
  PadRows(group.candidates, most, group.stride(), group.packed);
  TransposeRows(group.packed, group.stride(), most, group.columns);
  group.has_candidates = true;
  Extent extent{bounds, Load(group.largest), Load(counts)};
  if (Any(GreaterEqual(All(-kLargestFloat), bounds))) extent = FindExtent(group.columns, most);
  group.Take(FindCuts(group.columns, most, extent, All(static_cast<float>(group.rows.keys)), Load(group.wanted)));
}

template <class Score>
ABLATE_INLINE void CutWholeRows(HighestGroup<Score>& group) {
  const unsigned bad = LoadColumns(group.rows, All(0.f), group.columns, [](const Vector*) {});
  const Extent extent = FindExtent(group.columns, group.rows.keys);
  Store(group.largest, extent.largest);
  group.MarkBad(bad | Bits(GreaterEqual(extent.largest, All(kInfinity))));
  group.Take(FindCuts(group.columns, group.rows.keys, extent, extent.count, Load(group.wanted)));
}

template <class Score>
ABLATE_INLINE void CutRows(HighestGroup<Score>& group) {
  group.rows.keys < kBoundFrom ? CutWholeRows(group) : CutCandidates(group);
}

// The keys that a row keeps: before `split` those from the cut on, from `split` on those above it.
struct KeptKeys {
  Vector cut;
  int64_t split;
};

// The key after the nth that equals the cut.
template <class Score>
ABLATE_INLINE int64_t FindSplit(const Score* scores, int64_t keys, Vector cut, int nth) {
  for (int64_t i = 0; i < keys; i += kLanes) {
    const Vector x = i + kLanes <= keys ? Load(scores + i) : LoadFirst(scores + i, static_cast<int>(keys - i), -kInfinity);
    unsigned equal = Bits(And(GreaterEqual(x, cut), GreaterEqual(cut, x)));
    const int count = __builtin_popcount(equal);
    if (count < nth) {
      nth -= count;
      continue;
    }
    for (; nth > 1; --nth) equal &= equal - 1;
    return i + __builtin_ctz(equal) + 1;
  }
  return keys;
}

template <class Score>
ABLATE_INLINE KeptKeys KeptOf(const HighestGroup<Score>& group, int row) {
  const Vector cut = All(group.cut[row]);
  const float ties = group.ties[row];
  if (ties == kInfinity) return {cut, group.rows.keys};
  return {cut, FindSplit(group.rows.scores[row], group.rows.keys, cut, static_cast<int>(ties))};
}

// Calls body(at, extent, scores, which of them stay).
template <class Score, class Body>
ABLATE_INLINE void ForEachKept(const Score* scores, int64_t keys, const KeptKeys& kept, Body body) {
  ForEachVector(kept.split, [&](int64_t i, auto extent) {
    const Vector x = LoadOf(extent, scores + i, -kInfinity);
    body(i, extent, x, GreaterEqual(x, kept.cut));
  });
  ForEachVector(keys - kept.split, [&](int64_t i, auto extent) {
    const Vector x = LoadOf(extent, scores + kept.split + i, -kInfinity);
    body(kept.split + i, extent, x, Greater(x, kept.cut));
  });
}

// Softmax of a long row from its candidates; kept.split is behind the row.
template <class Score>
ABLATE_INLINE void SolveCandidates(const HighestGroup<Score>& group, int row, const KeptKeys& kept) {
  float *probabilities = group.rows.probabilities[row], *powers = group.packed + row * group.stride();
  const int64_t count = PackFrom(powers, group.candidates[row], kept.cut, probabilities, powers);
  const auto load = [powers](auto extent, int64_t i) { return LoadOf(extent, powers + i, -kInfinity); };
  const Vector factor = All(1.f / AddPowers(load, count, All(group.largest[row]), probabilities, powers));
  for (int64_t i = 0; i < count; i += kLanes) Store(powers + i, Load(powers + i) * factor);
  int64_t at = 0;
  ForEachKept(group.rows.scores[row], group.rows.keys, kept, [&](int64_t i, auto extent, Vector, Mask stays) {
    StoreOf(extent, probabilities + i, Expand(stays, powers + at));
    at += Count(stays);
  });
}

// Softmax of a row whose other keys are masked as they are read.
template <class Score>
ABLATE_INLINE void SolveWholeRow(const HighestGroup<Score>& group, int row, const KeptKeys& kept) {
  const Score* scores = group.rows.scores[row];
  float *probabilities = group.rows.probabilities[row], *powers = group.packed + row * group.stride();
  const int64_t keys = group.rows.keys;
  const Vector largest = All(group.largest[row]), masked = All(-kInfinity);
  float sum;
  if (kept.split == keys) {
    const auto load = [=](auto extent, int64_t i) {
      const Vector x = LoadOf(extent, scores + i, -kInfinity);
      return Select(GreaterEqual(x, kept.cut), x, masked);
    };
    sum = AddPowers(load, keys, largest, probabilities, powers);
  } else {
    ForEachKept(scores, keys, kept,
                [&](int64_t i, auto extent, Vector x, Mask stays) { StoreOf(extent, powers + i, Select(stays, x, masked)); });
    const auto load = [powers](auto extent, int64_t i) { return LoadOf(extent, powers + i, -kInfinity); };
    sum = AddPowers(load, keys, largest, probabilities, powers);
  }
  const Vector factor = All(1.f / sum);
  ForEachVector(keys, [&](int64_t i, auto extent) { StoreOf(extent, probabilities + i, Load(powers + i) * factor); });
}

// Softmax of the keys that a row keeps; the other probabilities are 0.
template <class Score>
ABLATE_INLINE void SolveKept(const HighestGroup<Score>& group, int row) {
  float* probabilities = group.rows.probabilities[row];
  if (group.bad >> row & 1) return FillRow(probabilities, group.rows.keys, __builtin_nanf(""));
  if (group.largest[row] == -kInfinity) return FillRow(probabilities, group.rows.keys, 0.f);
  const KeptKeys kept = KeptOf(group, row);
  if (group.has_candidates && kept.split == group.rows.keys) {
    SolveCandidates(group, row, kept);
  } else {
    SolveWholeRow(group, row, kept);
  }
}

// Masks all other keys of a row that is not bad.
ABLATE_INLINE void MaskRest(const HighestGroup<float>& group, int row) {
  float* scores = group.rows.probabilities[row];
  ForEachKept(scores, group.rows.keys, KeptOf(group, row), [&](int64_t i, auto extent, Vector x, Mask stays) {
    StoreOf(extent, scores + i, Select(stays, x, All(-kInfinity)));
  });
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
