// Gradients of rows from their probabilities: in the scores s (g - mean), mean = sum g s / sum s, and in alpha the sum of (c s
// - q) (g - mean), c = sum q / sum s. Gradients g are read where p > 0 only. A row of the forward pass is NaN as a whole or not
// at all, so the first p tells. The bits of the gradient in the scores don't depend on whether that in alpha is wanted.
#pragma once

#include "lib/kernels/cpu/slopes.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

constexpr int64_t kDense = 512;  // keys: up to here, reading all gradients is cheaper than finding out which matter

template <class Gradient>
struct BackwardRow {
  const float* p;
  const Gradient* g;
  Gradient* dz;
  float d;
  float* dalpha;  // null: not wanted
  int64_t keys;

  ABLATE_INLINE bool is_nan() const { return p[0] != p[0]; }
};

// Sums over the support.
struct Moments {
  Vector s = All(0.f), gs = All(0.f), q = All(0.f);

  ABLATE_INLINE void Add(const Moments& other) {
    s = s + other.s;
    gs = gs + other.gs;
    q = q + other.q;
  }
};

// Adds a vector of the support; returns s.
template <class Slope>
ABLATE_INLINE Vector Weigh(const Slope& slope, Vector p, Vector g, Moments& moments) {
  const Vector s = slope(p);
  moments.s = moments.s + s;
  moments.gs = Fma(s, g, moments.gs);
  return s;
}

template <class Gradient>
ABLATE_INLINE void FillNaN(const BackwardRow<Gradient>& row) {
  FillRow(row.dz, row.keys, __builtin_nanf(""));
  if (row.dalpha != nullptr) *row.dalpha = __builtin_nanf("");
}

ABLATE_INLINE Vector SumEach(const Vector* rows) {
  return ReduceEach(rows, [](Vector a, Vector b) { return a + b; });
}

// Short rows whose slopes cost something: they are computed once, and the sums of kLanes rows are finished together, so that
// no row waits for its own. row_of(j) is a row, MakeSlope(d) its slope. Scratch: 2 (keys + kLanes) kLanes floats for s and q.
template <bool kInAlpha, class RowOf, class MakeSlope>
class ShortRows {
 public:
  ABLATE_INLINE ShortRows(RowOf row_of, int count, MakeSlope make_slope, float* scratch)
      : row_of_(row_of), count_(count), make_slope_(make_slope), stride_(row_of(0).keys + kLanes), slopes_(scratch) {}

  ABLATE_INLINE void Differentiate() {
    Vector s[kLanes], gs[kLanes], q[kLanes];
    for (int j = 0; j < kLanes; ++j) {
      const Moments moments = WeighRow(j < count_ ? j : 0);
      s[j] = moments.s, gs[j] = moments.gs, q[j] = moments.q;
    }
    float means[kLanes], shares[kLanes];
    const Vector total = SumEach(s);
    const Mask any = Greater(total, All(0.f));
    Store(means, Keep(any, SumEach(gs) / total));
    if constexpr (kInAlpha) Store(shares, Keep(any, SumEach(q) / total));
    for (int j = 0; j < kLanes; ++j) {
      q[j] = j < count_ ? StoreRow(j, All(means[j]), All(kInAlpha ? shares[j] : 0.f)) : All(0.f);
    }
    if constexpr (!kInAlpha) return;
    Store(means, SumEach(q));
    for (int j = 0; j < count_; ++j) *row_of_(j).dalpha = row_of_(j).is_nan() ? __builtin_nanf("") : means[j];
  }

 private:
  using Slope = decltype(static_cast<MakeSlope*>(nullptr)->operator()(0.f));

  ABLATE_INLINE Moments WeighRow(int j) {
    const auto row = row_of_(j);
    float *slopes = slopes_ + j * stride_, *terms = slopes + kLanes * stride_;
    const Slope slope = make_slope_(row.d);
    const AlphaTerm term(row.d);
    Moments moments;
    ForEachVector(row.keys, [=, &moments](int64_t i, auto extent) {
      const Vector p = LoadOf(extent, row.p + i, 0.f);
      const Vector g = Keep(Greater(p, All(0.f)), LoadOf(extent, row.g + i, 0.f));
      WillWrite(row.dz + i);
      const Vector s = Weigh(slope, p, g, moments);
      Store(slopes + i, s);
      if constexpr (kInAlpha) {
        const Vector q = term(p, s);
        moments.q = moments.q + q;
        Store(terms + i, q);
      }
    });
    return moments;
  }

  // Returns what is to be summed to the gradient in alpha.
  ABLATE_INLINE Vector StoreRow(int j, Vector mean, Vector share) {
    const auto row = row_of_(j);
    const float *slopes = slopes_ + j * stride_, *terms = slopes + kLanes * stride_;
    const bool is_nan = row.is_nan();
    Vector in_alpha = All(0.f);
    ForEachVector(row.keys, [=, &in_alpha](int64_t i, auto extent) {
      const Vector s = Load(slopes + i), g = LoadOf(extent, row.g + i, 0.f) - mean;
      const Mask inside = Greater(s, All(0.f));
      StoreOf(extent, row.dz + i, Keep(inside, s * g));
      if constexpr (kInAlpha) in_alpha = in_alpha + Keep(inside, (s * share - Load(terms + i)) * g);
    });
    if (is_nan) FillRow(row.dz, row.keys, __builtin_nanf(""));
    return in_alpha;
  }

  RowOf row_of_;
  int count_;
  MakeSlope make_slope_;
  int64_t stride_;
  float* slopes_;
};

// Of a long row in blocks, since thousands of terms in one running sum would drift. weigh(at, extent, moments) adds a vector.
template <class Weigh>
ABLATE_INLINE Moments SumBlocks(int64_t keys, Weigh weigh) {
  constexpr int64_t kBlock = 32 * kLanes;
  Moments total;
  for (int64_t begin = 0; begin < keys; begin += kBlock) {
    const int64_t rest = keys - begin;
    Moments block;
    ForEachVector(rest < kBlock ? rest : kBlock, [&](int64_t i, auto extent) { weigh(begin + i, extent, block); });
    total.Add(block);
  }
  return total;
}

ABLATE_INLINE Vector Quotient(Vector dividend, Vector divisor) {
  const float total = Sum(divisor);
  return All(total > 0 ? Sum(dividend) / total : 0.f);
}

// A row whose slopes are cheap enough to be computed twice.
template <class Slope, class Gradient>
ABLATE_INLINE void DifferentiateDenseRow(const BackwardRow<Gradient>& row) {
  if (row.is_nan()) return FillNaN(row);
  const Slope slope;
  const Moments moments = SumBlocks(row.keys, [&](int64_t i, auto extent, Moments& block) {
    const Vector p = LoadOf(extent, row.p + i, 0.f);
    WillWrite(row.dz + i);
    Weigh(slope, p, Keep(Greater(p, All(0.f)), LoadOf(extent, row.g + i, 0.f)), block);
  });
  const Vector mean = Quotient(moments.gs, moments.s);
  ForEachVector(row.keys, [&](int64_t i, auto extent) {
    const Vector p = LoadOf(extent, row.p + i, 0.f), centred = LoadOf(extent, row.g + i, 0.f) - mean;
    StoreOf(extent, row.dz + i, Keep(Greater(p, All(0.f)), slope(p) * centred));
  });
}

// A long row with few vectors that have any support: only their gradients are read. `vectors` keeps where they are, [keys /
// kLanes + 1].
template <class Slope, class Gradient>
ABLATE_INLINE void DifferentiateSparseRow(const BackwardRow<Gradient>& row, int32_t* vectors) {
  if (row.is_nan()) return FillNaN(row);
  const Slope slope;
  int64_t count = 0;
  ForEachVector(row.keys, [&](int64_t i, auto extent) {
    vectors[count] = static_cast<int32_t>(i);
    count += Any(Greater(LoadOf(extent, row.p + i, 0.f), All(0.f)));  // no branch, which could not be predicted
    StoreOf(extent, row.dz + i, All(0.f));
  });
  const int64_t tail = row.keys / kLanes * kLanes;
  const auto for_each = [&](auto body) {
    const bool has_tail = count > 0 && vectors[count - 1] == tail;
    for (int64_t j = 0; j < count - has_tail; ++j) body(vectors[j], Whole());
    if (has_tail) body(tail, Part{static_cast<int>(row.keys - tail)});
  };
  Moments total, block;
  int in_block = 0;
  for_each([&](int64_t i, auto extent) {
    const Vector p = LoadOf(extent, row.p + i, 0.f);
    Weigh(slope, p, Keep(Greater(p, All(0.f)), LoadOf(extent, row.g + i, 0.f)), block);
    if (++in_block % 32 > 0) return;
    total.Add(block);
    block = Moments();
  });
  total.Add(block);
  const Vector mean = Quotient(total.gs, total.s);
  for_each([&](int64_t i, auto extent) {
    const Vector p = LoadOf(extent, row.p + i, 0.f), centred = LoadOf(extent, row.g + i, 0.f) - mean;
    StoreOf(extent, row.dz + i, Keep(Greater(p, All(0.f)), slope(p) * centred));
  });
}

// p and g of the support, one after the other; zeros follow. Their number.
template <class Gradient>
ABLATE_INLINE int64_t PackSupport(const BackwardRow<Gradient>& row, float* p, float* g) {
  int64_t count = 0;
  ForEachVector(row.keys, [&](int64_t i, auto extent) {
    const Vector x = LoadOf(extent, row.p + i, 0.f);
    const Mask inside = Greater(x, All(0.f));
    WillWrite(row.dz + i);
    Compress(g + count, inside, LoadOf(extent, row.g + i, 0.f));
    count += Compress(p + count, inside, x);
  });
  Store(p + count, All(0.f));
  Store(g + count, All(0.f));
  return count;
}

// A long row of any slope, on its packed support: its gradient in alpha if it is wanted, and in the scores if kInScores.
// Scratch: 3 (keys + 2 kLanes) floats.
template <bool kInScores, class Slope, class Gradient>
ABLATE_INLINE void DifferentiatePackedRow(const BackwardRow<Gradient>& row, const Slope& slope, float* scratch) {
  if (row.is_nan()) return FillNaN(row);
  const int64_t room = row.keys + 2 * kLanes;
  float *slopes = scratch, *g = scratch + room, *terms = scratch + 2 * room;
  const int64_t count = PackSupport(row, slopes, g), padded = (count + kLanes - 1) / kLanes * kLanes;
  const bool in_alpha = row.dalpha != nullptr;
  const AlphaTerm term(row.d);
  const Moments moments = SumBlocks(padded, [&](int64_t i, auto, Moments& block) {
    const Vector p = Load(slopes + i), s = Weigh(slope, p, Load(g + i), block);
    Store(slopes + i, s);
    if (!in_alpha) return;
    const Vector q = term(p, s);
    block.q = block.q + q;
    Store(terms + i, q);
  });
  const Vector mean = Quotient(moments.gs, moments.s), share = Quotient(moments.q, moments.s);
  Vector sum = All(0.f);
  for (int64_t i = 0; i < padded; i += kLanes) {
    const Vector s = Load(slopes + i), centred = Load(g + i) - mean;
    Store(slopes + i, s * centred);
    if (in_alpha) sum = sum + (s * share - Load(terms + i)) * centred;
  }
  if (in_alpha) *row.dalpha = Sum(sum);
  if constexpr (!kInScores) return;
  int64_t at = 0;
  ForEachVector(row.keys, [&](int64_t i, auto extent) {
    const Mask inside = Greater(LoadOf(extent, row.p + i, 0.f), All(0.f));
    StoreOf(extent, row.dz + i, Expand(inside, slopes + at));
    at += Count(inside);
  });
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
