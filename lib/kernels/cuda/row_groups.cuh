// The threads that share a row, and their reductions: a warp for short rows, a block for long ones. Every thread gets the same
// bits, whatever else the GPU runs.
#pragma once

#include "lib/kernels/cuda/numbers.cuh"

namespace ablate::kernels::cuda {

struct Max {
  template <class Number>
  __device__ Number operator()(Number a, Number b) const {
    return std::fmax(a, b);
  }
  template <class Number>
  __device__ static Number Neutral() {
    return -INFINITY;
  }
};
struct Sum {
  template <class Number>
  __device__ Number operator()(Number a, Number b) const {
    return a + b;
  }
  template <class Number>
  __device__ static Number Neutral() {
    return 0;
  }
};

// Each of kCount numbers by itself, their latencies side by side.
template <int kCount, class Number, class Combine>
__device__ __forceinline__ void ReduceWarp(Number (&x)[kCount], Combine combine) {
#pragma unroll
  for (int bit = 16; bit > 0; bit /= 2) {
#pragma unroll
    for (int i = 0; i < kCount; ++i) x[i] = combine(x[i], __shfl_xor_sync(0xffffffff, x[i], bit));
  }
}

// Four rows to a block of 128 threads.
template <class Number>
struct WarpOfRow {
  static constexpr int kThreads = 32, kBlock = 128, kRowsPerBlock = 4, kScratch = 1;
  SharedPointer<Number> scratch;

  __device__ int rank() const { return threadIdx.x % 32; }
  __device__ long long row() const { return static_cast<long long>(blockIdx.x) * kRowsPerBlock + threadIdx.x / 32; }

  template <int kCount, class Combine>
  __device__ void Reduce(Number (&x)[kCount], Combine combine) {
    ReduceWarp(x, combine);
  }
  __device__ int Total(int count) { return static_cast<int>(__reduce_add_sync(0xffffffff, static_cast<unsigned>(count))); }
};

// Up to kMost numbers are reduced at once. Two halves of `scratch` in turn, so that one barrier is enough: who writes a half
// has passed the barrier of the other, which nobody reaches before having read this one.
template <class Number, int kSize>
struct BlockOfRow {
  static constexpr int kThreads = kSize, kBlock = kSize, kRowsPerBlock = 1, kWarps = kSize / 32, kMost = 3;
  static constexpr int kScratch = 2 * kMost * kWarps;
  SharedPointer<Number> scratch;
  int half = 0;

  __device__ explicit BlockOfRow(const SharedPointer<Number>& scratch) : scratch(scratch) {}
  __device__ int rank() const { return threadIdx.x; }
  __device__ long long row() const { return blockIdx.x; }

  template <int kCount, class Combine>
  __device__ void Reduce(Number (&x)[kCount], Combine combine) {
    static_assert(kCount <= kMost && kWarps <= 32);
    ReduceWarp(x, combine);
    const int lane = threadIdx.x % 32, begin = half * kMost * kWarps;
    half = 1 - half;
    for (int i = 0; i < kCount; ++i) {
      if (lane == 0) scratch[begin + i * kWarps + threadIdx.x / 32] = x[i];
    }
    __syncthreads();
    for (int i = 0; i < kCount; ++i) {
      x[i] = Combine::template Neutral<Number>();
      if (lane < kWarps) x[i] = scratch[begin + i * kWarps + lane];
    }
    ReduceWarp(x, combine);
  }
  __device__ int Total(int count) {
    Number x[1] = {static_cast<Number>(count)};
    Reduce(x, Sum());
    return static_cast<int>(x[0]);
  }
};

}  // namespace ablate::kernels::cuda
