// The cut between the highest keys of a row and the rest, for kLanes rows at once, on columns of their scores (row_group.h):
// the cut is guessed and the keys from there on are counted, which leaves fewer and fewer keys to guess among. Exact: no
// arithmetic decides which keys stay, only comparisons. -inf is a masked key. A row with a NaN or +inf must want no keys.
#pragma once

#include "lib/kernels/cpu/elementary.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

// A row keeps its keys above the cut, and of those that equal it the first so many: infinity is all.
struct Cuts {
  Vector cut, ties;
};

// Unmasked keys: the lowest, the largest, how many. Infinity, -infinity, 0 where there are none.
struct Extent {
  Vector lowest, largest, count;
};

// Calls body(place, column) for every key; the four places have results of their own, so that none waits for the one before.
template <class Body>
ABLATE_INLINE void ForEachColumn(const float* columns, int64_t keys, Body body) {
  const float* end = columns + keys / 4 * 4 * kLanes;
  for (; columns < end; columns += 4 * kLanes) {
    for (int place = 0; place < 4; ++place) body(place, Load(columns + place * kLanes));
  }
  for (int rest = static_cast<int>(keys % 4); rest > 0; --rest, columns += kLanes) body(0, Load(columns));
}

struct Places {
  Vector of[4];

  ABLATE_INLINE explicit Places(float start) : of{All(start), All(start), All(start), All(start)} {}
  ABLATE_INLINE Vector Highest() const { return Max(Max(of[0], of[1]), Max(of[2], of[3])); }
  ABLATE_INLINE Vector Lowest() const { return Min(Min(of[0], of[1]), Min(of[2], of[3])); }
};

// Number of keys from `bound` on.
ABLATE_INLINE Vector CountFrom(const float* columns, int64_t keys, Vector bound) {
  Places counts(0);
  ForEachColumn(columns, keys,
                [&](int place, Vector x) { counts.of[place] = CountWhere(GreaterEqual(x, bound), counts.of[place]); });
  return Counted(AddCounters(AddCounters(counts.of[0], counts.of[1]), AddCounters(counts.of[2], counts.of[3])));
}

ABLATE_INLINE Extent FindExtent(const float* columns, int64_t keys) {
  Places lowest(kInfinity), largest(-kInfinity);
  ForEachColumn(columns, keys, [&](int place, Vector x) {
    lowest.of[place] = Min(lowest.of[place], x);
    largest.of[place] = Max(largest.of[place], x);
  });
  const Extent extent{lowest.Lowest(), largest.Highest(), All(static_cast<float>(keys))};
  const Vector least = All(-kLargestFloat);
  if (!Any(Greater(least, extent.lowest))) return extent;
  Places unmasked(kInfinity);
  ForEachColumn(columns, keys,
                [&](int place, Vector x) { unmasked.of[place] = MinWhere(GreaterEqual(x, least), unmasked.of[place], x); });
  return {unmasked.Lowest(), extent.largest, CountFrom(columns, keys, least)};
}

// What is known of each row's wanted-th highest key: at_low keys are at or above `low`, and that is at least the number wanted;
// above_ are at or above `beyond`, and that is less. `high` is the highest key below `beyond`, or `beyond` itself.
class Brackets {
 public:
  // total: unmasked keys of the whole row, which the columns may hold the highest of. Rows that want no more keys than the
  // columns have are settled: all of them, or none.
  ABLATE_INLINE Brackets(const Extent& extent, Vector total, Vector wanted)
      : total_(total),
        wanted_(wanted),
        low_(extent.lowest),
        high_(extent.largest),
        beyond_(All(kInfinity)),
        at_low_(extent.count),
        above_(All(0.f)),
        quantile_wanted_(QuantileOf(wanted)),
        ahead_low_(QuantileOf(extent.count - All(.5f)) - quantile_wanted_),
        ahead_high_(QuantileOf(All(.5f)) - quantile_wanted_),
        moved_low_(All(2.f)),
        unsettled_(And(Greater(extent.count, wanted), GreaterEqual(wanted, All(1.f)))) {}

  ABLATE_INLINE Vector low() const { return low_; }

  // Rows with more than `slack` keys too many at or above `low`, unless all keys left are equal.
  ABLATE_INLINE Mask Open(Vector slack) const {
    return And(unsettled_, And(Greater(at_low_, wanted_ + slack), Greater(high_, low_)));
  }

  // Regula falsi on quantiles.
  ABLATE_INLINE Vector Guess() const {
    const Vector share = ahead_low_ * RoughReciprocal(ahead_low_ - ahead_high_);
    return Inside(Fma(high_ - low_, share, low_));
  }

  // The same after MoveToKeys: right where the key sought is next to `low` or `high`.
  ABLATE_INLINE Vector GuessAmongKeys() const {
    const Vector next = low_ + Max(Abs(low_) * All(1.5e-7f), All(kLeastNormal));
    const Vector guess = Select(GreaterEqual(wanted_ + All(1.f), at_low_), Inside(next), Guess());
    return Select(GreaterEqual(above_ + All(1.f), wanted_), high_, guess);
  }

  ABLATE_INLINE Vector Middle() const { return Between(low_, high_); }

  // The keys at or above `guess` were counted. An end that stays twice counts half in the next guess (Illinois): it would stay
  // for ever.
  ABLATE_INLINE void Narrow(Vector guess, Vector counted) {
    const Mask enough = And(unsettled_, GreaterEqual(counted, wanted_));
    const Vector ahead = QuantileOf(counted) - quantile_wanted_, moved_low = Keep(enough, All(1.f));
    const Vector weight = Select(Different(moved_low, moved_low_), All(1.f), All(.5f));
    moved_low_ = moved_low;
    low_ = Select(enough, guess, low_);
    at_low_ = Select(enough, counted, at_low_);
    ahead_low_ = Select(enough, ahead, ahead_low_ * weight);
    beyond_ = Select(enough, beyond_, guess);
    high_ = Select(enough, high_, guess);
    above_ = Select(enough, above_, counted);
    ahead_high_ = Select(enough, ahead_high_ * weight, ahead);
  }

  // Brings `low` and `high` to keys.
  ABLATE_INLINE void MoveToKeys(const float* columns, int64_t keys) {
    Places low(kInfinity), high(-kInfinity);
    ForEachColumn(columns, keys, [&](int place, Vector x) {
      low.of[place] = MinWhere(GreaterEqual(x, low_), low.of[place], x);
      high.of[place] = MaxWhere(Greater(beyond_, x), high.of[place], x);
    });
    low_ = low.Lowest(), high_ = high.Highest();
    ahead_low_ = QuantileOf(at_low_ - All(.5f)) - quantile_wanted_,
    ahead_high_ = QuantileOf(above_ + All(.5f)) - quantile_wanted_;
    moved_low_ = All(2.f);
  }

  ABLATE_INLINE Cuts cuts() const {
    const Vector infinity = All(kInfinity);
    return {Select(GreaterEqual(wanted_, All(1.f)), low_, infinity),
            Select(And(unsettled_, Greater(at_low_, wanted_)), wanted_ - above_, infinity)};
  }

 private:
  static constexpr float kLeastNormal = 1.17549435e-38f;

  // Nearly linear in the score that so many of the row's keys reach, if scores are nearly normal: like the logarithm of the
  // odds, and sooner computed.
  ABLATE_INLINE Vector QuantileOf(Vector count) const { return Root(count) - Root(total_ - count); }
  ABLATE_INLINE static Vector Root(Vector x) { return x * RoughReciprocalSqrt(Max(x, All(.01f))); }
  ABLATE_INLINE Vector Inside(Vector guess) const {
    return Select(And(Greater(guess, low_), GreaterEqual(high_, guess)), guess, Middle());
  }

  Vector total_, wanted_, low_, high_, beyond_, at_low_, above_;
  Vector quantile_wanted_, ahead_low_, ahead_high_;  // of `low` and `high`: their quantiles less the wanted one
  Vector moved_low_;                                 // whether `low` is what moved last: 1 or 0; else 2
  Mask unsettled_;
};

// The cuts behind the `wanted` highest keys. Each round leaves a key fewer at the least, and half of the floats between its
// ends.
ABLATE_INLINE Cuts FindCuts(const float* columns, int64_t keys, const Extent& extent, Vector total, Vector wanted) {
  Brackets brackets(extent, total, wanted);
  const Vector none = All(0.f);
  for (int round = 0; Any(brackets.Open(none)); ++round) {
    if (round > 0) brackets.MoveToKeys(columns, keys);
    for (int pass = 0; pass < 3 && Any(brackets.Open(none)); ++pass) {
      Vector guess = pass == 0 ? brackets.GuessAmongKeys() : brackets.Guess();
      if (pass == 2 && round > 0) guess = brackets.Middle();
      brackets.Narrow(guess, CountFrom(columns, keys, guess));
    }
  }
  return brackets.cuts();
}

// Scores that at least the `wanted` highest keys reach, and about a fifth more; -kLargestFloat where there are fewer keys.
ABLATE_INLINE Vector BoundCuts(const float* columns, int64_t keys, const Extent& extent, Vector wanted) {
  Brackets brackets(extent, extent.count, wanted);
  const Vector slack = wanted * All(.2f) + All(1.f);
  for (int pass = 0; pass < 4 && Any(brackets.Open(slack)); ++pass) {
    const Vector guess = brackets.Guess();
    brackets.Narrow(guess, CountFrom(columns, keys, guess));
  }
  return Select(Greater(wanted, extent.count), All(-kLargestFloat), brackets.low());
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
