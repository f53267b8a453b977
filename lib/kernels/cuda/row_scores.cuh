// One row's scores as the normalizer sees them: scaled, masked, and without the keys that top-k leaves out.
#pragma once

#include "lib/kernels/cuda/highest_keys.cuh"

namespace ablate::kernels::cuda {

template <class T>
struct RowScores {
  using Number = Real<T>;
  const T* raw;
  const bool* valid;  // null: all
  int keys, end;      // from `end` on all are masked
  Number scale;
  bool packed;
  HighestKeys<Number> kept;

  __device__ RowScores(const ForwardRows<T>& in, long long row, bool packed)
      : raw(in.scores + row * in.keys), valid(nullptr), keys(in.keys), end(in.keys), scale(in.scale), packed(packed) {
    const Masking& masking = in.masking;
    if (masking.keys == nullptr && masking.queries == nullptr && !masking.causal) return;
    const long long block = row / masking.rows_per_block;
    const int query = static_cast<int>(row % masking.queries_per_head);
    if (masking.keys != nullptr) valid = masking.keys + block * keys;
    const int later = masking.queries_per_head - 1 - query;  // queries of this head after this one
    if (masking.causal) end = later < keys ? keys - later : 0;
    if (masking.queries != nullptr && !masking.queries[block * masking.queries_per_head + query]) end = 0;
  }

  // Scores of neighbouring keys from `first` on, -inf past the row's end.
  template <int kCount>
  __device__ __forceinline__ void Read(int first, Number (&scores)[kCount]) const {
    LoadKeys(raw, first, end, packed && first + kCount <= end, Number(-INFINITY), scores);
#pragma unroll
    for (int c = 0; c < kCount; ++c) {
      scores[c] = Product(scores[c], scale);
      const bool masked = valid != nullptr && first + c < end && !valid[first + c];
      if (masked || !kept.Has(scores[c], first + c)) scores[c] = -INFINITY;
    }
  }
};

}  // namespace ablate::kernels::cuda
