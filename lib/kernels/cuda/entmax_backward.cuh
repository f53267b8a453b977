// Probabilities and their gradients to gradients in scores and in alpha: one warp to a row of up to 1024 keys, one block to a
// longer one. Formulas: lib/kernels/cpu/backward_rows.h and cpu/slopes.h.
#pragma once

#include <type_traits>

#include "lib/kernels/cuda/row_keys.cuh"
#include "lib/kernels/cuda/threshold_search.cuh"

namespace ablate::kernels::cuda {

// -dp/dalpha up to a multiple of s, with u = log p: p u^2 (e^x - 1 - x) / x^2 at x = -d u, by its series for small x: no
// cancellation from alpha = 1 on.
template <class Number>
__device__ __forceinline__ Number AlphaTerm(Number p, Number s, Number u, Number d) {
  const Number x = -d * u;
  if (!(x < 1)) return (s - p + d * p * u) / (d * d);
  constexpr int kTerms = sizeof(Number) == 4 ? 11 : 20;
  Number series = Number(1) / kTerms;
#pragma unroll
  for (int k = kTerms - 1; k >= 2; --k) series = (series * x + 1) * (Number(1) / k);
  return p * u * u * series;
}

// What the gradients take of a key; all 0 off the support.
template <class Number>
struct Term {
  Number s, g, q;  // slope p^(1-d), gradient in p, AlphaTerm
};

template <class T>
struct RowTerms {
  using Number = Real<T>;
  const T *probabilities, *gradients, *raw_scores;
  RowState<Number> state;  // bf16 only
  Number d, scale;
  int keys;
  bool in_alpha, packed;

  __device__ RowTerms(const BackwardRows<T>& in, long long row, bool packed)
      : probabilities(in.probabilities + row * in.keys),
        gradients(in.gradients + row * in.keys),
        d(in.alpha_minus_one[row]),
        scale(in.scale),
        keys(in.keys),
        in_alpha(in.alpha_gradients != nullptr),
        packed(packed) {
    if constexpr (std::is_same_v<T, __nv_bfloat16>) {
      const Number* from = in.states + row * kStateSize;
      raw_scores = in.scores + row * in.keys;
      state = {from[0], from[1], from[2]};
    }
  }

  // Of neighbouring keys from `first` on. Gradients are read where one of them is in the support.
  template <int kCount, class Curve>
  __device__ __forceinline__ void Read(const Curve& curve, int first, Term<Number> (&terms)[kCount]) const {
    Number p[kCount], g[kCount];
    LoadKeys(probabilities, first, keys, packed, Number(0), p);
    bool any = false;
#pragma unroll
    for (int c = 0; c < kCount; ++c) any = any || p[c] != 0;
#pragma unroll
    for (int c = 0; c < kCount; ++c) terms[c] = {0, 0, 0};
    if (!any) return;
    LoadKeys(gradients, first, keys, packed, Number(0), g);
    Refine(curve, first, p);
#pragma unroll
    for (int c = 0; c < kCount; ++c) {
      if (p[c] != 0) terms[c] = Make(curve, p[c], g[c]);
    }
  }

  // In bf16, the probabilities of the support before they were rounded.
  template <int kCount, class Curve>
  __device__ __forceinline__ void Refine(const Curve& curve, int first, Number (&p)[kCount]) const {
    if constexpr (std::is_same_v<T, __nv_bfloat16>) {
      Number scores[kCount];
      LoadKeys(raw_scores, first, keys, packed, Number(-INFINITY), scores);
#pragma unroll
      for (int c = 0; c < kCount; ++c) {
        if (p[c] > 0) p[c] = Probability(curve, Product(scores[c], scale), state);  // NaN stays
      }
    }
  }

  template <class Curve>
  __device__ __forceinline__ Term<Number> Make(const Curve& curve, Number p, Number g) const {
    const Number u = Curve::kNeedsLog || in_alpha ? std::log(p) : 0, s = curve.Slope(p, u);
    return {s, g, in_alpha ? AlphaTerm(p, s, u, d) : Number(0)};
  }
};

// In registers, kKeys in each thread.
template <class Group, class T, int kKeys>
struct RegisterTerms {
  static constexpr int kCount = kKeys < kPack ? kKeys : kPack;
  const RowTerms<T>& row;
  const Group& group;
  Term<Real<T>> terms[kKeys / kCount][kCount];

  template <class Curve>
  __device__ __forceinline__ RegisterTerms(const Group& group, const Curve& curve, const RowTerms<T>& row)
      : row(row), group(group) {
#pragma unroll
    for (int j = 0; j < kKeys / kCount; ++j) row.Read(curve, First(j), terms[j]);
  }
  __device__ __forceinline__ int First(int j) const { return (j * Group::kThreads + group.rank()) * kCount; }

  template <class Curve, class Visit>
  __device__ __forceinline__ void ForEach(const Curve&, Visit visit) const {
#pragma unroll
    for (int j = 0; j < kKeys / kCount; ++j) {
#pragma unroll
      for (int c = 0; c < kCount; ++c) visit(terms[j][c]);
    }
  }
  template <class Curve, class Map>
  __device__ __forceinline__ void Write(const Curve&, T* to, Map map) const {
#pragma unroll
    for (int j = 0; j < kKeys / kCount; ++j) {
      Real<T> mapped[kCount];
#pragma unroll
      for (int c = 0; c < kCount; ++c) mapped[c] = map(terms[j][c]);
      StoreKeys(mapped, First(j), row.keys, row.packed, to);
    }
  }
};

// Computed anew in each of the two passes.
template <class Group, class T>
struct PassingTerms {
  const RowTerms<T>& row;
  const Group& group;

  template <class Curve>
  __device__ PassingTerms(const Group& group, const Curve&, const RowTerms<T>& row) : row(row), group(group) {}

  template <class Curve, class Visit>
  __device__ __forceinline__ void ForEach(const Curve& curve, Visit visit) const {
    ForEachPack(group, row.keys, [&](int first) {
      Term<Real<T>> terms[kPack];
      row.Read(curve, first, terms);
#pragma unroll
      for (int c = 0; c < kPack; ++c) visit(terms[c]);
    });
  }
  template <class Curve, class Map>
  __device__ __forceinline__ void Write(const Curve& curve, T* to, Map map) const {
    ForEachPack(group, row.keys, [&](int first) {
      Term<Real<T>> terms[kPack];
      Real<T> mapped[kPack];
      row.Read(curve, first, terms);
#pragma unroll
      for (int c = 0; c < kPack; ++c) mapped[c] = map(terms[c]);
      StoreKeys(mapped, first, row.keys, row.packed, to);
    });
  }
};

// Writes the gradients in scores and gives this thread's part of that in alpha: sum (c s - q) (g - mean), c = sum q / sum s.
template <class Terms, class Group, class Curve, class T>
__device__ __forceinline__ Real<T> Differentiate(Group& group, const Curve& curve, const RowTerms<T>& row, T* score_gradients) {
  using Number = Real<T>;
  const Terms terms(group, curve, row);
  Number sums[3] = {0, 0, 0};
  terms.ForEach(curve, [&](const Term<Number>& term) {
    sums[0] += term.s;
    sums[1] += term.s * term.g;
    sums[2] += term.q;
  });
  group.Reduce(sums, Sum());
  const Number mean = sums[0] != 0 ? sums[1] / sums[0] : 0, share = sums[0] != 0 ? sums[2] / sums[0] : 0;
  Number in_alpha = 0;
  terms.Write(curve, score_gradients, [&](const Term<Number>& term) {
    if (term.s == 0) return Number(0);
    in_alpha += (share * term.s - term.q) * (term.g - mean);
    return Product(row.scale, term.s * (term.g - mean));
  });
  return in_alpha;
}

template <class Group, class Terms, class T>
__global__ void __launch_bounds__(Group::kBlock) BackwardKernel(BackwardRows<T> in, bool packed) {
  using Number = Real<T>;
  SHARED(Number, scratch, Group::kScratch);
  Group group{scratch};
  const long long row = group.row();
  if (row >= in.rows) return;
  const RowTerms<T> terms(in, row, packed);
  Number in_alpha[1];
  WithCurve(terms.d, [&](const auto& curve) {
    in_alpha[0] = Differentiate<Terms>(group, curve, terms, in.score_gradients + row * in.keys);
  });
  if (in.alpha_gradients == nullptr) return;
  group.Reduce(in_alpha, Sum());
  if (group.rank() == 0) in.alpha_gradients[row] = in_alpha[0];
}

template <class Group, class Terms, class T>
void LaunchBackward(const BackwardRows<T>& rows, cudaStream_t stream) {
  bool packed = StartsPack(rows.probabilities, rows.keys) && StartsPack(rows.gradients, rows.keys) &&
                StartsPack(rows.score_gradients, rows.keys) && StartsPack(rows.scores, rows.keys);
  const long long blocks = (rows.rows + Group::kRowsPerBlock - 1) / Group::kRowsPerBlock;
  LAUNCH((BackwardKernel<Group, Terms, T>), static_cast<unsigned>(blocks), Group::kBlock, 0, stream, rows, packed);
}

template <int kKeys, class T>
void LaunchWarpBackward(const BackwardRows<T>& rows, cudaStream_t stream) {
  using Group = WarpOfRow<Real<T>>;
  LaunchBackward<Group, RegisterTerms<Group, T, kKeys>>(rows, stream);
}

template <class T>
bool EntmaxRowsBackward(const BackwardRows<T>& rows, cudaStream_t stream) {
  using Short = BlockOfRow<Real<T>, 256>;
  using Long = BlockOfRow<Real<T>, 1024>;
  if (rows.rows < 1 || rows.rows > kMaxRows || rows.keys < 1 || rows.keys > kMaxKeys) return false;
  if (std::is_same_v<T, __nv_bfloat16> && (rows.scores == nullptr || rows.states == nullptr)) return false;
  if constexpr (std::is_same_v<T, double>) {
    LaunchBackward<Short, PassingTerms<Short, T>>(rows, stream);
  } else if (rows.keys <= 64) {
    LaunchWarpBackward<2>(rows, stream);
  } else if (rows.keys <= 128) {
    LaunchWarpBackward<4>(rows, stream);
  } else if (rows.keys <= 256) {
    LaunchWarpBackward<8>(rows, stream);
  } else if (rows.keys <= 512) {
    LaunchWarpBackward<16>(rows, stream);
  } else if (rows.keys <= 1024) {
    LaunchWarpBackward<32>(rows, stream);
  } else if (rows.keys <= 4096) {
    LaunchBackward<Short, PassingTerms<Short, T>>(rows, stream);
  } else {
    LaunchBackward<Long, PassingTerms<Long, T>>(rows, stream);
  }
  return true;
}

}  // namespace ablate::kernels::cuda
