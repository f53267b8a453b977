// Row-wise normalizers on CUDA: what lib/kernels/cpu/entmax_rows.h says of its rows holds here, for f32, bf16 (computed in f32)
// and f64 (for checks).
//
//   score        = scale * raw score; -inf where masked, and where it is not among the row's `kept` highest
//   probability  = alpha-entmax of the row with d = alpha - 1: 0 softmax, 1/2 1.5-entmax, 1 sparsemax
//
// Masked keys get exactly 0 and no gradient, a row without keys is zeros, a row with a NaN or +inf or with an alpha outside [1,
// 2] is NaN: reporting it would have to wait for the GPU. So callers validate: a fixed alpha when it is read, a learned one by
// its form 1 + sigmoid. A row's bits depend on nothing but the row.
//
// All pointers are to memory of the GPU. Asynchronous on `stream`, no synchronisation, no allocation; errors of the launch are
// left for cudaGetLastError.
#pragma once

#ifdef __CUDACC__
#include "lib/kernels/cuda/device.h"
#endif

#include <cstdint>

namespace ablate::kernels::cuda {

// What numbers are computed in.
template <class T>
struct RealOf {
  using Type = float;
};
template <>
struct RealOf<double> {
  using Type = double;
};
template <class T>
using Real = typename RealOf<T>::Type;

constexpr int kMaxKeys = 1 << 24;           // counts of keys are exact in f32
constexpr long long kMaxRows = 0x7fffffff;  // of the grid
constexpr int kStateSize = 3;               // numbers that say a row's probabilities: see RowState

// Which keys a query may attend to. Rows are [..., blocks, heads, queries]; a mask belongs to a block.
struct Masking {
  const bool* keys = nullptr;     // [rows / rows_per_block, keys]; null: all
  const bool* queries = nullptr;  // [rows / rows_per_block, queries]; false: the row has no keys; null: all
  long long rows_per_block = 1;   // heads * queries
  int queries_per_head = 1;       // row % queries_per_head is a row's query
  bool causal = false;            // query i sees keys up to i + keys - queries_per_head
};

template <class T>
struct ForwardRows {
  const T* scores;                 // [rows, keys], raw
  const Real<T>* alpha_minus_one;  // [rows]
  long long rows;                  // 1 to kMaxRows
  int keys;                        // 1 to kMaxKeys
  T* probabilities;                // [rows, keys]; must not alias scores
  Real<T>* states = nullptr;       // [rows, kStateSize], for the backward pass in bf16; null where it is not wanted
  Real<T> scale = 1;               // positive
  Masking masking = {};
  const int64_t* kept = nullptr;  // [rows]: top-k; ties keep the lowest key; null: all keys
};

template <class T>
struct BackwardRows {
  const T* probabilities;          // [rows, keys], of the forward pass
  const T* gradients;              // [rows, keys]; read on the support only
  const Real<T>* alpha_minus_one;  // [rows]
  long long rows;
  int keys;
  T* score_gradients;                  // [rows, keys], in the raw scores; exactly 0 off the support
  Real<T>* alpha_gradients = nullptr;  // [rows]; null where it is not wanted
  Real<T> scale = 1;
  const T* scores = nullptr;        // bf16 only: raw scores and states of the forward pass, since probabilities in bf16 are too
  const Real<T>* states = nullptr;  // rough to differentiate
};

// False, and nothing is done, for shapes out of range (or bf16 without scores and states). T: float, __nv_bfloat16, double.
template <class T>
bool EntmaxRowsForward(const ForwardRows<T>& rows, cudaStream_t stream);
template <class T>
bool EntmaxRowsBackward(const BackwardRows<T>& rows, cudaStream_t stream);

// scores [rows, keys], changed in place: all but the kept[row] highest become -inf; ties keep the lowest key, a NaN ranks
// highest.
template <class T>
bool KeepHighestRows(T* scores, const int64_t* kept, long long rows, int keys, cudaStream_t stream);

}  // namespace ablate::kernels::cuda
