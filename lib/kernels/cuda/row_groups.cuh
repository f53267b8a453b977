// The threads that share a row, and their reductions: a warp for short rows, a block for long ones. Every thread gets the same
// bits, whatever else the GPU runs.
#pragma once

#ifdef __CUDACC__
#include "lib/kernels/cuda/device.h"
#endif

namespace ablate::kernels::cuda {

struct Max {
  __device__ float operator()(float a, float b) const { return fmaxf(a, b); }
};
struct Sum {
  __device__ float operator()(float a, float b) const { return a + b; }
};

template <class Combine>
__device__ __forceinline__ float ReduceWarp(float x, Combine combine) {
#pragma unroll
  for (int bit = 16; bit > 0; bit /= 2) x = combine(x, __shfl_xor_sync(0xffffffff, x, bit));
  return x;
}

// Four rows to a block of 128 threads.
struct WarpOfRow {
  static constexpr int kThreads = 32, kBlock = 128, kRowsPerBlock = 4, kScratch = 1;
  SharedPointer<float> scratch;

  __device__ int rank() const { return threadIdx.x % 32; }
  __device__ long long row() const { return static_cast<long long>(blockIdx.x) * kRowsPerBlock + threadIdx.x / 32; }
  template <class Combine>
  __device__ float Reduce(float x, Combine combine) {
    return ReduceWarp(x, combine);
  }
};

template <int kSize>
struct BlockOfRow {
  static constexpr int kThreads = kSize, kBlock = kSize, kRowsPerBlock = 1, kScratch = kSize / 32;
  SharedPointer<float> scratch;

  __device__ int rank() const { return threadIdx.x; }
  __device__ long long row() const { return blockIdx.x; }
  template <class Combine>
  __device__ float Reduce(float x, Combine combine) {
    x = ReduceWarp(x, combine);
    if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = x;
    __syncthreads();
    x = scratch[0];
    for (int warp = 1; warp < kScratch; ++warp) x = combine(x, scratch[warp]);
    __syncthreads();  // before scratch is written again
    return x;
  }
};

}  // namespace ablate::kernels::cuda
