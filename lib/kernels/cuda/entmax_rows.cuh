// Row-wise alpha-entmax with d = alpha - 1 of each row, forward and backward, float: what lib/kernels/cpu/entmax_rows.h says
// holds, but for an alpha outside [1, 2], which can't be reported without waiting for the GPU and gives a row of NaN. Up to
// 8192 keys, which stay in registers.
//
// The same source runs on the CPU in tests: those include lib/testing/cuda_on_cpu.h before.
#pragma once

#include "lib/kernels/cuda/row_groups.cuh"

namespace ablate::kernels::cuda {

constexpr int kMaxKeys = 8192;

struct Point {
  float p, s;
};

// p and s = p^(1-d) of a key y below the largest, at threshold t; as in lib/kernels/cpu/entmax_curves.h.
__device__ __forceinline__ Point AtThreshold(float y, float t, float d) {
  if (d < 1e-12f) {
    const float p = expf(y - t);
    return {p, p};
  }
  const float x = d * (y - t);
  if (!(x > -1)) return {0, 0};
  const float w = 1 + x;
  if (d == 1) return {w, 1};
  if (d == .5f) return {w * w, w};
  const float p = expf(log1pf(x) / d);
  return {p, p / w};
}

__device__ __forceinline__ float NewtonStep(float p, float s, float d) {
  const float log_p = logf(p);
  return d < 1e-12f ? log_p : -p * expm1f(-d * log_p) / (d * s);
}

struct ForwardRows {
  const float* scores;           // [rows, keys]
  const float* alpha_minus_one;  // [rows]
  long long rows;
  int keys;
  float* probabilities;  // [rows, keys]
};

template <class Group, int kKeys>
__device__ void WriteAll(Group& group, float value, int keys, float* row) {
#pragma unroll
  for (int k = 0; k < kKeys; ++k) {
    const int i = k * Group::kThreads + group.rank();
    if (i < keys) row[i] = value;
  }
}

// The norm's Newton steps and the finish of lib/kernels/cpu/entmax_solver.cc, without packing: the keys stay where they are.
template <class Group, int kKeys>
__global__ void __launch_bounds__(Group::kBlock) ForwardKernel(ForwardRows in) {
  SHARED(float, scratch, Group::kScratch);
  Group group{scratch};
  const long long row = group.row();
  if (row >= in.rows) return;
  const float* scores = in.scores + row * in.keys;
  float* probabilities = in.probabilities + row * in.keys;
  const float d = in.alpha_minus_one[row];

  float y[kKeys], largest = -INFINITY, bad = !(d >= 0 && d <= 1);
#pragma unroll
  for (int k = 0; k < kKeys; ++k) {
    const int i = k * Group::kThreads + group.rank();
    y[k] = i < in.keys ? scores[i] : -INFINITY;
    if (!(y[k] < INFINITY)) bad = 1;  // NaN too
    largest = fmaxf(largest, y[k]);
  }
  largest = group.Reduce(largest, Max());
  bad = group.Reduce(bad, Max());
  if (bad > 0) return WriteAll<Group, kKeys>(group, NAN, in.keys, probabilities);
  if (largest == -INFINITY) return WriteAll<Group, kKeys>(group, 0, in.keys, probabilities);

  float t = 0, excess = 0;
  for (int count = 0;; ++count) {
    float p = 0, s = 0;
#pragma unroll
    for (int k = 0; k < kKeys; ++k) {
      const Point point = AtThreshold(y[k] - largest, t, d);
      p += point.p;
      s += point.s;
    }
    p = group.Reduce(p, Sum());
    s = group.Reduce(s, Sum());
    excess = (p - 1) / s;
    const float step = NewtonStep(p, s, d);
    if (count == 32 || !(step > 0x1p-20f * fmaxf(1, t)) || t + step == t) break;
    t += step;
  }
#pragma unroll
  for (int k = 0; k < kKeys; ++k) {
    const int i = k * Group::kThreads + group.rank();
    if (i >= in.keys) continue;
    const Point point = AtThreshold(y[k] - largest, t, d);
    probabilities[i] = fmaxf(0, point.p - point.s * excess);
  }
}

// -dp/dalpha up to a multiple of s, with u = log p; see lib/kernels/cpu/entmax_solver.cc.
__device__ __forceinline__ float AlphaTerm(float p, float s, float u, float d) {
  const float x = -d * u;
  if (!(x < 1)) return (s - p + d * p * u) / (d * d);
  float series = 1.f / 11;
#pragma unroll
  for (int k = 10; k >= 2; --k) series = (series * x + 1) / static_cast<float>(k);
  return p * u * u * series;
}

struct BackwardRows {
  const float* probabilities;    // [rows, keys]
  const float* gradients;        // [rows, keys]
  const float* alpha_minus_one;  // [rows]
  long long rows;
  int keys;
  float* score_gradients;  // [rows, keys]
  float* alpha_gradients;  // [rows], or null
};

template <class Group, int kKeys>
__global__ void __launch_bounds__(Group::kBlock) BackwardKernel(BackwardRows in) {
  SHARED(float, scratch, Group::kScratch);
  Group group{scratch};
  const long long row = group.row();
  if (row >= in.rows) return;
  const long long begin = row * in.keys;
  const float d = in.alpha_minus_one[row];

  float s[kKeys], g[kKeys], q[kKeys], sum_s = 0, sum_gs = 0, sum_q = 0;
#pragma unroll
  for (int k = 0; k < kKeys; ++k) {
    const int i = k * Group::kThreads + group.rank();
    const float p = i < in.keys ? in.probabilities[begin + i] : 0, u = p != 0 ? logf(p) : 0;
    g[k] = i < in.keys ? in.gradients[begin + i] : 0;
    s[k] = p != 0 ? expf((1 - d) * u) : 0;
    q[k] = p != 0 && in.alpha_gradients != nullptr ? AlphaTerm(p, s[k], u, d) : 0;
    sum_s += s[k];
    sum_gs += s[k] * g[k];
    sum_q += q[k];
  }
  sum_s = group.Reduce(sum_s, Sum());
  sum_gs = group.Reduce(sum_gs, Sum());
  const float mean = sum_s != 0 ? sum_gs / sum_s : 0;
#pragma unroll
  for (int k = 0; k < kKeys; ++k) {
    const int i = k * Group::kThreads + group.rank();
    if (i < in.keys) in.score_gradients[begin + i] = s[k] != 0 ? s[k] * (g[k] - mean) : 0;
  }
  if (in.alpha_gradients == nullptr) return;
  const float share = sum_s != 0 ? group.Reduce(sum_q, Sum()) / sum_s : 0;
  float gradient = 0;
#pragma unroll
  for (int k = 0; k < kKeys; ++k) gradient += (s[k] * share - q[k]) * (g[k] - mean);
  gradient = group.Reduce(gradient, Sum());
  if (group.rank() == 0) in.alpha_gradients[row] = gradient;
}

template <class Group, int kKeys>
void LaunchForward(const ForwardRows& rows, cudaStream_t stream) {
  const long long blocks = (rows.rows + Group::kRowsPerBlock - 1) / Group::kRowsPerBlock;
  LAUNCH((ForwardKernel<Group, kKeys>), static_cast<unsigned>(blocks), Group::kBlock, 0, stream, rows);
}

template <class Group, int kKeys>
void LaunchBackward(const BackwardRows& rows, cudaStream_t stream) {
  const long long blocks = (rows.rows + Group::kRowsPerBlock - 1) / Group::kRowsPerBlock;
  LAUNCH((BackwardKernel<Group, kKeys>), static_cast<unsigned>(blocks), Group::kBlock, 0, stream, rows);
}

// Up to kMaxKeys keys and 2^31 - 1 rows, at least one of each; false, and nothing is done, for others. Asynchronous on
// `stream`.
inline bool EntmaxRowsForward(const ForwardRows& rows, cudaStream_t stream) {
  if (rows.rows < 1 || rows.rows > 0x7fffffff || rows.keys < 1 || rows.keys > kMaxKeys) return false;
  if (rows.keys <= 128) {
    LaunchForward<WarpOfRow, 4>(rows, stream);
  } else if (rows.keys <= 512) {
    LaunchForward<WarpOfRow, 16>(rows, stream);
  } else if (rows.keys <= 2048) {
    LaunchForward<BlockOfRow<256>, 8>(rows, stream);
  } else {
    LaunchForward<BlockOfRow<1024>, 8>(rows, stream);
  }
  return true;
}

inline bool EntmaxRowsBackward(const BackwardRows& rows, cudaStream_t stream) {
  if (rows.rows < 1 || rows.rows > 0x7fffffff || rows.keys < 1 || rows.keys > kMaxKeys) return false;
  if (rows.keys <= 128) {
    LaunchBackward<WarpOfRow, 4>(rows, stream);
  } else if (rows.keys <= 512) {
    LaunchBackward<WarpOfRow, 16>(rows, stream);
  } else if (rows.keys <= 2048) {
    LaunchBackward<BlockOfRow<256>, 8>(rows, stream);
  } else {
    LaunchBackward<BlockOfRow<1024>, 8>(rows, stream);
  }
  return true;
}

}  // namespace ablate::kernels::cuda
