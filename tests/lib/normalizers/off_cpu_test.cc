// What runs off the CPU, torch's operators put together, equals the loops that run on it. On the CPU, in double.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <vector>

#include "lib/normalizers/length_factors.h"
#include "lib/normalizers/rms_norm.h"
#include "lib/normalizers/scaled_rows.h"
#include "lib/normalizers/sigmoid_rows.h"
#include "lib/normalizers/sinkhorn_matrices.h"
#include "lib/testing/tensor_comparison.h"

namespace ablate::normalizers {
namespace {

using testing::Near;
using testing::RandomTensor;
using Function = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Values and gradients in all inputs, of size 1 to 10: sums of up to 50 numbers, each rounded by 1e-16 of it.
void ExpectSame(const Function& a, const Function& b, const std::vector<at::Tensor>& inputs) {
  const auto run = [&](const Function& function) {
    std::vector<at::Tensor> leaves, seen;
    for (const at::Tensor& input : inputs) leaves.push_back(input.clone().requires_grad_());
    seen.push_back(function(leaves));
    (seen[0] * RandomTensor(seen[0].sizes(), 5, at::kDouble)).masked_fill(seen[0].eq(-kInfinity), 0).sum().backward();
    for (const at::Tensor& leaf : leaves) seen.push_back(leaf.grad());
    return seen;
  };
  const auto x = run(a), y = run(b);
  for (size_t i = 0; i < x.size(); ++i) EXPECT_TRUE(Near(x[i], y[i], 1e-13)) << i;
}

at::Tensor Scores() {
  at::Tensor scores = RandomTensor({2, 2, 3, 6, 9}, 1, at::kDouble) * 2;
  scores = scores.masked_fill(RandomTensor(scores.sizes(), 2).gt(.5), -kInfinity);
  scores[0][0][0][1].fill_(-kInfinity);
  return scores;
}

TEST(OffTheCpu, ScaledRows) {
  ExpectSame([](const auto& x) { return ScaledRows(x[0], x[1]); }, [](const auto& x) { return ScaledRowsByTorch(x[0], x[1]); },
             {Scores(), RandomTensor({2, 2, 3, 6}, 3, at::kDouble)});
}

TEST(OffTheCpu, SigmoidRows) {
  ExpectSame([](const auto& x) { return SigmoidRows(x[0]); }, [](const auto& x) { return SigmoidRowsByTorch(x[0]); },
             {Scores()});
}

TEST(OffTheCpu, SinkhornMatrices) {
  ExpectSame(
      [](const auto& x) {
        return SinkhornMatrices(x[0], {0, 3});
      },
      [](const auto& x) {
        return SinkhornMatricesByTorch(x[0], {0, 3});
      },
      {Scores()});
}

TEST(OffTheCpu, RmsNorm) {
  ExpectSame([](const auto& x) { return RmsNorm(x[0]); }, [](const auto& x) { return RmsNormByTorch(x[0]); },
             {RandomTensor({2, 2, 3, 4, 5}, 4, at::kDouble)});
}

TEST(OffTheCpu, LengthFactors) {
  const at::Tensor keys = at::arange(7, at::kLong);
  ExpectSame([&](const auto& x) { return LengthFactors(x[0], x[1], keys); },
             [&](const auto& x) { return LengthFactorsByTorch(x[0], x[1], keys); },
             {RandomTensor({4, 7}, 5, at::kDouble), RandomTensor({4, 7}, 6, at::kDouble)});
}

}  // namespace
}  // namespace ablate::normalizers
