#include "lib/testing/cuda_on_cpu.h"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Sums {
  float sum;
  int half_warps, threads, ballots;
};

// Uses every word: dynamic and static shared memory, barriers, shuffles, ballots, atomics, half a warp.
__global__ void Everything(Sums* sums) {
  DYNAMIC_SHARED(float, values);
  SHARED(int, total, 1);
  const int i = threadIdx.x;
  if (i == 0) total[0] = 0;
  values[i] = static_cast<float>(i + 1);
  __syncthreads();
  atomicAdd(&total[0], 1);
  float x = values[blockDim.x - 1 - i];
  for (int bit = 16; bit > 0; bit /= 2) x += __shfl_xor_sync(0xffffffff, x, bit);
  const float first = __shfl_sync(0xffffffff, x, 0);
  const unsigned even = __ballot_sync(0xffffffff, i % 2 == 0);
  if (i % 32 < 16) {
    if (__any_sync(0xffff, i % 32 == 15)) atomicAdd(&sums[blockIdx.x].half_warps, 1);
  }
  __syncwarp();
  __syncthreads();
  if (i % 32 == 0) atomicAdd(&sums[blockIdx.x].sum, first);
  if (even == 0x55555555) atomicAdd(&sums[blockIdx.x].ballots, 1);
  if (i == 0) sums[blockIdx.x].threads = total[0];
}

TEST(CudaOnCpu, RunsEveryWord) {
  std::vector<Sums> sums(3);
  LAUNCH(Everything, 3, 128, 128 * sizeof(float), nullptr, sums.data());
  for (const Sums& block : sums) {
    EXPECT_EQ(block.sum, 128 * 129 / 2);
    EXPECT_EQ(block.half_warps, 64);
    EXPECT_EQ(block.threads, 128);
    EXPECT_EQ(block.ballots, 128);
  }
}

__global__ void EarlyReturn(float* out) {
  if (threadIdx.x == 5) return;
  __syncthreads();
  out[threadIdx.x] = 1;
}

__global__ void OtherBarrier(float* out) {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
    out[threadIdx.x] = 1;
  }
}

__global__ void LostLane(float* out) {
  if (threadIdx.x % 32 != 7) out[threadIdx.x] = __shfl_xor_sync(0xffffffff, 1.f, 1);
}

__global__ void OutOfBounds(float* out) {
  SHARED(float, values, 63);
  values[threadIdx.x] = 1;
  out[threadIdx.x] = 0;
}

__global__ void Race(float* out) {
  SHARED(float, values, 64);
  values[threadIdx.x] = 1;
  out[threadIdx.x] = values[63 - threadIdx.x];
}

// Written after others read, without a barrier between.
__global__ void LateRace(float* out) {
  SHARED(float, values, 1);
  if (threadIdx.x == 0) values[0] = 1;
  __syncthreads();
  out[threadIdx.x] = values[0];
  if (threadIdx.x == 63) values[0] = 2;
}

// A reduction that uses its memory again before all have read it.
__global__ void EarlyReuse(float* out) {
  SHARED(float, sums, 2);
  float x = 1;
  for (int round = 0; round < 2; ++round) {
    if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = x;
    __syncthreads();
    x = sums[0] + sums[1];
  }
  out[threadIdx.x] = x;
}

struct Mistake {
  const char* name;
  void (*kernel)(float*);
  const char* message;
};
const Mistake kMistakes[] = {
    {"EarlyReturn", EarlyReturn, "has returned"},
    {"OtherBarrier", OtherBarrier, "divergent barrier"},
    {"LostLane", LostLane, "has returned"},
    {"OutOfBounds", OutOfBounds, "index 63 of 63"},
    {"Race", Race, "race on shared memory"},
    {"LateRace", LateRace, "race on shared memory"},
    {"EarlyReuse", EarlyReuse, "race on shared memory"},
};

TEST(CudaOnCpu, FindsMistakes) {
  for (const Mistake& mistake : kMistakes) {
    for (bool last_first : {false, true}) {
      ablate::testing::last_first = last_first;
      std::vector<float> out(64);
      std::string message = "none";
      try {
        LAUNCH(mistake.kernel, 1, 64, 0, nullptr, out.data());
      } catch (const std::runtime_error& error) {
        message = error.what();
      }
      EXPECT_NE(message.find(mistake.message), std::string::npos) << mistake.name << ": " << message;
    }
  }
  ablate::testing::last_first = false;
}

__global__ void Totals(unsigned* out) { out[threadIdx.x] = __reduce_add_sync(0xffffffff, threadIdx.x); }

TEST(CudaOnCpu, AddsUpWarps) {
  std::vector<unsigned> out(64);
  LAUNCH(Totals, 1, 64, 0, nullptr, out.data());
  EXPECT_EQ(out[3], 31 * 32 / 2);
  EXPECT_EQ(out[60], 32 * 32 + 31 * 32 / 2);
}

struct Rounding {
  float x, rounded;
};

TEST(CudaOnCpu, RoundsToTheNearestBfloat16) {
  for (const Rounding& c : {Rounding{1, 1},
                            {-0.f, -0.f},
                            {1 + 0x1p-8f, 1},  // a tie: to the even one
                            {1 + 0x3p-8f, 1 + 0x1p-6f},
                            {1 + 0x1p-8f + 0x1p-20f, 1 + 0x1p-7f},
                            {3.4e38f, INFINITY},
                            {-INFINITY, -INFINITY},
                            {0x1p-140f, 0}}) {
    const float rounded = __bfloat162float(__float2bfloat16_rn(c.x));
    EXPECT_EQ(rounded, c.rounded);
    EXPECT_EQ(std::signbit(rounded), std::signbit(c.rounded));
  }
  EXPECT_TRUE(std::isnan(__bfloat162float(__float2bfloat16_rn(NAN))));
}

__global__ void Nothing() {}

TEST(CudaOnCpu, RefusesLaunchesOutOfRange) {
  EXPECT_THROW(LAUNCH(Nothing, 1, 1025, 0, nullptr), std::runtime_error);
  EXPECT_THROW(LAUNCH(Nothing, 0, 32, 0, nullptr), std::runtime_error);
  EXPECT_THROW(LAUNCH(Nothing, 1, 32, 228 << 10, nullptr), std::runtime_error);
  EXPECT_NO_THROW(LAUNCH(Nothing, 2, 1024, 0, nullptr));
}

}  // namespace
