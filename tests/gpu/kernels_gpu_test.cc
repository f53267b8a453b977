// The CUDA kernels on a GPU: the numbers against the double-precision reference and the CPU's operators, and what emulation
// can't show: streams, alignment of real memory, no hidden synchronisation. Skipped where there is no GPU.
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/zeros.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <vector>

#include "lib/normalizers/entmax_rows.h"
#include "lib/normalizers/highest_scores.h"
#include "tests/gpu/device.h"
#include "tests/gpu/operators.h"
#include "tests/lib/kernels/cuda/row_cases.h"

namespace ablate::gpu {
namespace {

using at::Tensor;

class OnGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!WhyNoGpu().empty()) GTEST_SKIP() << WhyNoGpu();
  }
};
using EntmaxOnGpu = OnGpu;
using FusedOnGpu = OnGpu;
using TopKOnGpu = OnGpu;
using LaunchesOnGpu = OnGpu;

const std::vector<float> kAlphas = {.5f, 1, .001f, 0, .3f, .75f, .1f, 1e-5f, .5f, 1, .25f, .9f, 0, .5f};

// [rows, keys] on the GPU.
struct Rows {
  kernels::RowCases cases;
  Tensor scores, gradients, d;
};

Rows MakeRows(int keys, at::ScalarType type = at::kFloat) {
  Rows rows{kernels::MakeRowCases(keys, kAlphas, keys), {}, {}, {}};
  const auto matrix = [&](std::vector<float>& numbers) {
    return at::from_blob(numbers.data(), {static_cast<int64_t>(kAlphas.size()), keys}).clone().to(at::kCUDA, type);
  };
  rows.scores = matrix(rows.cases.scores);
  rows.gradients = matrix(rows.cases.gradients);
  rows.d = at::from_blob(rows.cases.d.data(), {static_cast<int64_t>(kAlphas.size())}).clone().to(at::kCUDA);
  return rows;
}

std::vector<double> RowInDouble(const Tensor& matrix, int64_t row) {
  const Tensor numbers = matrix[row].to(at::kCPU, at::kDouble).contiguous();
  return {numbers.const_data_ptr<double>(), numbers.const_data_ptr<double>() + numbers.numel()};
}

double LargestDifference(const Tensor& a, const Tensor& b) {
  return (a.to(at::kCPU, at::kDouble) - b.to(at::kCPU, at::kDouble)).abs().max().item<double>();
}

TEST_F(EntmaxOnGpu, AsExactAsFloatCanBe) {
  kernels::Worst worst;
  for (int keys : {1, 2, 31, 32, 33, 64, 65, 127, 128, 129, 256, 257, 512, 513, 1000, 1024, 1025, 4096, 4097, 8192, 30001}) {
    const Rows rows = MakeRows(keys);
    const Tensor p = EntmaxForward(rows.scores, rows.d);
    const auto [dz, in_alpha] = EntmaxBackward(p, rows.gradients, rows.d, true);
    for (size_t row = 0; row < kAlphas.size(); ++row) {
      kernels::CompareRow(RowInDouble(rows.scores, row), RowInDouble(rows.gradients, row), kAlphas[row], RowInDouble(p, row),
                          RowInDouble(dz, row), in_alpha[row].item<double>(), worst);
    }
  }
  std::printf("largest errors: p %.2g, sum %.2g, dz %.2g, dalpha %.2g\n", worst.p, worst.sum, worst.scores, worst.alpha);
  EXPECT_TRUE(worst.zeros);
  EXPECT_LE(worst.p, 5e-7);  // what float32 can reach: the bounds of the CPU's kernels and of the emulation
  EXPECT_LE(worst.sum, 2e-6);
  EXPECT_LE(worst.scores, 2.5e-6);
  EXPECT_LE(worst.alpha, 5e-6);
}

TEST_F(EntmaxOnGpu, LikeTheCpuInDouble) {
  for (int keys : {1, 100, 3000}) {
    const Rows rows = MakeRows(keys, at::kDouble);
    const Tensor d = rows.d.to(at::kDouble), p = EntmaxForward(rows.scores, d);
    const auto [dz, in_alpha] = EntmaxBackward(p, rows.gradients, d, true);
    const Tensor p_cpu = EntmaxForward(rows.scores.cpu(), d.cpu());
    const auto [dz_cpu, in_alpha_cpu] = EntmaxBackward(p.cpu(), rows.gradients.cpu(), d.cpu(), true);
    EXPECT_LE(LargestDifference(p, p_cpu), 2e-14);  // float's bounds by the ratio of the types' roundings are 1e-15 and 1e-14;
    EXPECT_LE(LargestDifference(dz, dz_cpu), 2e-14);  // both sides have them
    EXPECT_LE(LargestDifference(in_alpha / keys, in_alpha_cpu / keys), 2e-14);
  }
}

// Half a unit in the last of bf16's eight bits, and float's own error, which may differ between two kernels.
TEST_F(EntmaxOnGpu, Bfloat16IsFloatRounded) {
  for (int keys : {33, 128, 1000, 2000, 8192}) {
    const Rows rows = MakeRows(keys, at::kBFloat16);
    const auto shape = rows.scores.sizes();
    const auto wide = [&](const Tensor& x) { return x.reshape({1, shape[0], shape[1]}); };
    const auto [p, states] = FusedForward(wide(rows.scores), rows.d.reshape({1, -1}), {});
    const auto [dz, in_alpha] =
        FusedBackward(p, wide(rows.gradients), rows.d.reshape({1, -1}), wide(rows.scores), states, 1, true);
    const Tensor p_float = EntmaxForward(rows.scores.to(at::kFloat), rows.d);
    const auto [dz_float, in_alpha_float] = EntmaxBackward(p_float, rows.gradients.to(at::kFloat), rows.d, true);
    EXPECT_TRUE(((p[0] - p_float).abs() <= p_float.abs() * 0x1p-8 + 5e-7).all().item<bool>()) << keys;
    EXPECT_TRUE(((dz[0] - dz_float).abs() <= dz_float.abs() * 0x1p-8 + 2.5e-6).all().item<bool>()) << keys;
    EXPECT_LE(LargestDifference(in_alpha[0] / keys, in_alpha_float / keys), 5e-6);
  }
}

TEST_F(EntmaxOnGpu, ARowKnowsNothingOfItsNeighbours) {
  for (int keys : {100, 1000, 3000}) {
    const Rows rows = MakeRows(keys);
    const Tensor all = EntmaxForward(rows.scores, rows.d);
    for (size_t row = 0; row < kAlphas.size(); ++row) {
      const int64_t at = static_cast<int64_t>(row);
      EXPECT_TRUE(EntmaxForward(rows.scores.narrow(0, at, 1), rows.d.narrow(0, at, 1)).equal(all.narrow(0, at, 1))) << keys;
    }
    EXPECT_TRUE(EntmaxForward(rows.scores.repeat({50, 1}), rows.d.repeat({50})).equal(all.repeat({50, 1}))) << keys;
  }
}

TEST_F(EntmaxOnGpu, BadRowsAreNan) {
  const Tensor scores = at::zeros({4, 40}, at::kCUDA), d = at::full({4}, .5, scores.options());
  scores[0][3] = std::numeric_limits<float>::quiet_NaN();
  scores[1][3] = std::numeric_limits<float>::infinity();
  d[2] = 1.5;
  const Tensor p = EntmaxForward(scores, d).isnan().cpu();
  for (int row : {0, 1, 2}) EXPECT_TRUE(p[row].all().item<bool>()) << row;
  EXPECT_FALSE(p[3].any().item<bool>());
}

TEST_F(EntmaxOnGpu, RowsAnywhereInMemory) {
  const Rows rows = MakeRows(64);
  const Tensor expected = EntmaxForward(rows.scores, rows.d);
  const Tensor shifted = at::zeros({rows.scores.numel() + 1}, rows.scores.options()).narrow(0, 1, rows.scores.numel());
  shifted.copy_(rows.scores.reshape({-1}));
  EXPECT_TRUE(EntmaxForward(shifted.view_as(rows.scores), rows.d).equal(expected));
  EXPECT_TRUE(EntmaxForward(rows.scores.t().contiguous().t(), rows.d).equal(expected));
}

// The normalizers' own function, forward and backward by autograd, on the GPU and on the CPU. In double: at the edge of a
// support the slope p^(1-d) of two equally right probabilities in float may differ much; here by (1e-15)^(1/2).
TEST_F(EntmaxOnGpu, AutogradIsThatOfTheCpu) {
  at::manual_seed(3);
  const Tensor scores = at::randn({2, 3, 2, 5, 70}, at::kDouble) * 2, weights = at::randn_like(scores);
  const Tensor d = at::rand({2, 2}, at::kDouble) / 2;
  const auto differentiate = [&](c10::DeviceType device) {
    const Tensor z = scores.to(device).requires_grad_(true), alphas = d.to(device).requires_grad_(true);
    const Tensor p = normalizers::EntmaxRows(z, alphas);
    (p * weights.to(device)).sum().backward();
    return std::vector<Tensor>{p.detach(), z.grad(), alphas.grad()};
  };
  const auto on_gpu = differentiate(at::kCUDA), on_cpu = differentiate(at::kCPU);
  EXPECT_LE(LargestDifference(on_gpu[0], on_cpu[0]), 1e-14);
  EXPECT_LE(LargestDifference(on_gpu[1], on_cpu[1]), 1e-6);
  EXPECT_LE(LargestDifference(on_gpu[2], on_cpu[2]), 1e-6);
}

TEST_F(FusedOnGpu, IsThatOfScoresMaskedBefore) {
  at::manual_seed(1);
  for (int64_t keys : {7, 64, 300, 1000, 2000, 5000}) {
    const int64_t queries = keys, blocks = 2, heads = 2, rows = std::min<int64_t>(queries, 50);
    const Tensor scores = at::randn({blocks, heads, rows, keys}, at::kCUDA) * 3, gradients = at::randn_like(scores);
    const Tensor d = at::rand({blocks, heads, rows}, scores.options());
    const Tensor key_valid = at::rand({blocks, keys}, scores.options()) < .8;
    const Tensor query_valid = at::rand({blocks, rows}, scores.options()) < .9;
    const Tensor causal = at::ones({rows, keys}, key_valid.options()).tril(keys - rows);
    const Tensor valid =
        key_valid.view({blocks, 1, 1, keys}).logical_and(query_valid.view({blocks, 1, rows, 1})).logical_and(causal);
    const Tensor masked = (scores * .3).masked_fill(valid.logical_not(), -std::numeric_limits<double>::infinity());
    const Tensor expected = EntmaxForward(masked, d);
    const auto [dz_expected, in_alpha_expected] = EntmaxBackward(expected, gradients, d, true);
    const auto [p, states] = FusedForward(scores, d, {.3, key_valid, query_valid, std::nullopt, true});
    const auto [dz, in_alpha] = FusedBackward(p, gradients, d, scores, states, .3, true);
    EXPECT_TRUE(p.equal(expected)) << keys;
    EXPECT_TRUE(dz.equal(dz_expected * .3)) << keys;
    EXPECT_TRUE(in_alpha.equal(in_alpha_expected)) << keys;
    EXPECT_TRUE((p == 0).logical_or(valid).all().item<bool>());
    EXPECT_FALSE(p.isnan().any().item<bool>());
  }
}

TEST_F(TopKOnGpu, KeepsWhatSortingKeeps) {
  at::manual_seed(2);
  for (int64_t keys : {1, 31, 64, 1000, 1024, 3000}) {
    const Tensor scores = (at::randn({40, keys}, at::kCUDA) * 2).round() / 2;  // many ties
    const Tensor kept = at::randint(0, keys + 2, {40}, scores.options().dtype(at::kLong));
    Tensor by_kernel = scores.clone(), by_sorting = scores.cpu();
    normalizers::KeepHighest(kept, by_kernel);
    normalizers::KeepHighestBySorting(kept.cpu(), by_sorting);
    EXPECT_TRUE(by_kernel.cpu().equal(by_sorting)) << keys;
    const Tensor softmax = at::zeros({1, 40}, scores.options());
    const auto [p, states] = FusedForward(scores.unsqueeze(0), softmax, {1, std::nullopt, std::nullopt, kept.unsqueeze(0)});
    EXPECT_TRUE(p[0].equal(EntmaxForward(by_kernel, softmax[0]))) << keys;
  }
}

TEST_F(LaunchesOnGpu, RefuseWhatTheyCannot) {
  const Tensor scores = at::zeros({2, 8}, at::kCUDA);
  EXPECT_ANY_THROW(EntmaxForward(scores, at::zeros({3}, scores.options())));
  EXPECT_ANY_THROW(EntmaxForward(scores.to(at::kHalf), at::zeros({2}, scores.options())));
  EXPECT_ANY_THROW(EntmaxBackward(scores.to(at::kBFloat16), scores.to(at::kBFloat16), at::zeros({2}, scores.options()), false));
  EXPECT_EQ(EntmaxForward(at::zeros({0, 8}, at::kCUDA), at::zeros({0}, at::kCUDA)).numel(), 0);
}

// On a stream of its own, behind work that takes long: the calls come back at once, and see that work's result.
TEST_F(LaunchesOnGpu, RunOnTheCurrentStreamAndDoNotWait) {
  const c10::impl::VirtualGuardImpl device(at::kCUDA);
  const Tensor factor = at::randn({8192, 8192}, at::kCUDA) / 100, scores = at::zeros({4096, 512}, at::kCUDA);
  const Tensor late = at::randn_like(scores), gradients = at::randn_like(scores), d = at::full({4096}, .3, scores.options());
  const Tensor kept = at::full({4096}, 10, scores.options().dtype(at::kLong));
  const Tensor expected = EntmaxForward(late, d), unused = EntmaxForward(at::zeros({8, 20000}, at::kCUDA), d.narrow(0, 0, 8));
  EntmaxBackward(expected, gradients, d, true);
  Tensor copy = late.clone();
  normalizers::KeepHighest(kept, copy);
  device.synchronizeDevice(0);

  const auto before = device.exchangeStream(device.getStreamFromGlobalPool(c10::Device(at::kCUDA, 0)));
  const auto stream = device.getStream(c10::Device(at::kCUDA, 0));
  Tensor product = factor;
  for (int i = 0; i < 20; ++i) product = product.mm(factor);
  scores.copy_(late);
  const auto start = std::chrono::steady_clock::now();
  const Tensor p = EntmaxForward(scores, d);
  EntmaxBackward(p, gradients, d, true);
  normalizers::KeepHighest(kept, copy);
  const double waited_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  const bool still_busy = !device.queryStream(stream);
  device.synchronizeStream(stream);
  device.exchangeStream(before);
  EXPECT_TRUE(still_busy) << "the work before was too short to show anything; calls took " << waited_ms << " ms";
  EXPECT_TRUE(p.equal(expected));
}

}  // namespace
}  // namespace ablate::gpu
