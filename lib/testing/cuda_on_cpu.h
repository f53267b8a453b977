// The words of CUDA C++ for kernels that tests run on the CPU: one fiber per CUDA thread, blocks one after the other,
// deterministic. Include it before the kernel's source; lib/kernels/cuda/device.h has the same words for nvcc.
//
// Reported as std::runtime_error: barriers and warp operations that not all threads reach, shared memory out of bounds, and
// accesses to shared memory without a barrier between them. Shared memory starts as NaN. Not found: races on global memory
// (compare with ablate::testing::last_first), errors of the memory model, and the last bits of the GPU's functions.
//
// Kernels declare shared memory with SHARED or DYNAMIC_SHARED, pass it on as SharedPointer<T>, and are started with LAUNCH.
#pragma once

#ifdef __CUDACC__
#error "for other compilers than nvcc"
#endif

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "lib/testing/emulated_block.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define SHARED(T, name, count) \
  static char name##_key;      \
  SharedPointer<T> name(&name##_key, count)
#define DYNAMIC_SHARED(T, name) SharedPointer<T> name(nullptr, 0)
#define ALLOW_SHARED(kernel, bytes) ((void)(bytes))
#define LAUNCH(kernel, grid, block, bytes, stream, ...) \
  ((void)(stream), ablate::testing::CurrentBlock().Launch(#kernel, grid, block, bytes, [&] { kernel(__VA_ARGS__); }))

using dim3 = ablate::testing::Dim3;
using cudaStream_t = void*;

inline float __fmul_rn(float a, float b) { return a * b; }
inline double __dmul_rn(double a, double b) { return a * b; }

// The upper half of a float; of its numbers the nearest, and of two the even one.
struct __nv_bfloat16 {
  uint16_t bits;
};
inline float __bfloat162float(__nv_bfloat16 x) {
  const uint32_t bits = uint32_t{x.bits} << 16;
  float wide;
  std::memcpy(&wide, &bits, sizeof wide);
  return wide;
}
inline __nv_bfloat16 __float2bfloat16_rn(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  if (x != x) return {0x7fff};
  return {static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

// An element of shared memory: tells reads from writes.
template <class T>
struct SharedElement {
  T* at;
  operator T() const {
    ablate::testing::CurrentBlock().CheckAccess(at, false);
    return *at;
  }
  T operator=(T value) const {
    ablate::testing::CurrentBlock().CheckAccess(at, true);
    return *at = value;
  }
  T operator=(const SharedElement& other) const { return *this = static_cast<T>(other); }
  T operator+=(T value) const { return *this = static_cast<T>(*this) + value; }
  T* operator&() const { return at; }  // for atomics: not watched
};

template <class T>
struct SharedPointer {
  size_t count;
  T* begin;
  // key: of a static array, null for the dynamic one.
  SharedPointer(const void* key, size_t n)
      : count(key != nullptr ? n : ablate::testing::CurrentBlock().dynamic_bytes() / sizeof(T)),
        begin(reinterpret_cast<T*>(ablate::testing::CurrentBlock().Allocate(key, n * sizeof(T)))) {}
  SharedElement<T> operator[](size_t i) const {
    if (i < count) return {begin + i};
    ablate::testing::CurrentBlock().FailHere("shared memory, index " + std::to_string(i) + " of " + std::to_string(count));
  }
};

namespace ablate::testing {

template <class To, class From>
To Cast(From from) {
  To to{};
  std::memcpy(&to, &from, std::min(sizeof to, sizeof from));
  return to;
}

// The own value where the source is beyond the last lane.
template <class T>
T Shuffle(unsigned mask, T x, int source, int last, int line) {
  static_assert(sizeof(T) <= 8);
  EmulatedBlock& block = CurrentBlock();
  return Cast<T>(block.Exchange(mask, Cast<uint64_t>(x), source > last ? block.lane() : source, line));
}

}  // namespace ablate::testing

#define threadIdx (ablate::testing::CurrentBlock().thread_index())
#define blockIdx (ablate::testing::CurrentBlock().block_index())
#define blockDim (ablate::testing::CurrentBlock().size())
#define gridDim (ablate::testing::CurrentBlock().grid())

inline void __syncthreads(int line = __builtin_LINE()) { ablate::testing::CurrentBlock().Barrier(line); }
inline void __syncwarp(unsigned mask = ~0u, int line = __builtin_LINE()) {
  ablate::testing::CurrentBlock().Exchange(mask, 0, -1, line, true);
}
inline unsigned __ballot_sync(unsigned mask, int x, int line = __builtin_LINE()) {
  return static_cast<unsigned>(ablate::testing::CurrentBlock().Exchange(mask, x != 0, -1, line));
}
inline int __any_sync(unsigned mask, int x, int line = __builtin_LINE()) { return __ballot_sync(mask, x, line) != 0; }
template <class T>
T __shfl_xor_sync(unsigned mask, T x, int bits, int width = 32, int line = __builtin_LINE()) {
  const int lane = ablate::testing::CurrentBlock().lane();
  return ablate::testing::Shuffle(mask, x, lane ^ bits, lane | (width - 1), line);
}
template <class T>
T __shfl_sync(unsigned mask, T x, int source, int width = 32, int line = __builtin_LINE()) {
  const int lane = ablate::testing::CurrentBlock().lane();
  return ablate::testing::Shuffle(mask, x, (lane & -width) | (source & (width - 1)), 31, line);
}
// Of all lanes of a warp, as `mask` must say.
inline unsigned __reduce_add_sync(unsigned mask, unsigned x, int line = __builtin_LINE()) {
  for (int bit = 16; bit > 0; bit /= 2) x += __shfl_xor_sync(mask, x, bit, 32, line);
  return x;
}
inline unsigned __activemask() { return ablate::testing::CurrentBlock().LanesLeft(); }

template <class T, class U>
T atomicAdd(T* at, U x) {
  return std::exchange(*at, *at + static_cast<T>(x));
}
