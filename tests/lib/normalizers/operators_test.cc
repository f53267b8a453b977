// libablate_ops.so in a program with LibTorch that links nothing of ours. (In Python: tests/conformance.)
#include <ATen/TensorOperators.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/testing/tensor_comparison.h"

namespace ablate {
namespace {

using at::Tensor;
using testing::Near;
using testing::RandomTensor;
using testing::SameBits;

class Operators : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_NE(dlopen("lib/libablate_ops.so", RTLD_NOW), nullptr) << dlerror(); }
};

c10::OperatorHandle Operation(const std::string& name, const std::string& overload = "") {
  return c10::Dispatcher::singleton().findSchemaOrThrow(("ablate::" + name).c_str(), overload.c_str());
}

Tensor Entmax(const Tensor& scores, const Tensor& alpha, int64_t dim) {
  return Operation("entmax").typed<Tensor(const Tensor&, const Tensor&, int64_t)>().call(scores, alpha, dim);
}

Tensor OfScores(const std::string& name, const Tensor& scores, int64_t dim) {
  return Operation(name).typed<Tensor(const Tensor&, int64_t)>().call(scores, dim);
}

TEST_F(Operators, SoftmaxIsTorchsAlongAnyDimension) {
  const Tensor scores = RandomTensor({3, 4, 5}, 1);
  for (int64_t dim = -3; dim < 3; ++dim) {
    const Tensor p = OfScores("softmax", scores, dim);
    EXPECT_TRUE(Near(p, at::softmax(scores, dim), 5e-7)) << dim;
    EXPECT_TRUE(SameBits(p, Entmax(scores, at::ones({}), dim))) << dim;
  }
}

TEST_F(Operators, AlphaBroadcastsAgainstTheRows) {
  const Tensor scores = RandomTensor({2, 3, 6, 4}, 2), of_heads = at::tensor({1., 1.25, 1.5}, at::kFloat);
  const Tensor p = Entmax(scores, of_heads.unsqueeze(-1), 2);
  for (int64_t head = 0; head < 3; ++head) {
    EXPECT_TRUE(SameBits(p.select(1, head), Entmax(scores.select(1, head), of_heads[head], 1))) << head;
  }
  EXPECT_TRUE(SameBits(p, Entmax(scores, of_heads.reshape({1, 3, 1, 1}), 2))) << "with size 1 along dim";
}

TEST_F(Operators, GradientsFlowToScoresAndAlpha) {
  const Tensor scores = RandomTensor({2, 3, 6}, 3, at::kDouble), alpha = at::tensor({1.2, 1.7, 1.9}, at::kDouble);
  EXPECT_LE(testing::GradientError([&](const Tensor& x) { return Entmax(x, alpha, -1); }, scores), 1e-8);
  EXPECT_LE(testing::GradientError([&](const Tensor& a) { return Entmax(scores, a, -1); }, alpha, 1, 1e-6), 1e-7);
}

TEST_F(Operators, NarrowTypesAreComputedInFloat) {
  const auto top_k = Operation("top_k_softmax").typed<Tensor(const Tensor&, int64_t, int64_t)>();
  for (at::ScalarType type : {at::kBFloat16, at::kHalf}) {
    const Tensor scores = RandomTensor({4, 40}, 4).to(type);
    for (const char* name : {"softmax", "sparsemax", "sigmoid", "softmax_plus_one"}) {
      EXPECT_TRUE(SameBits(OfScores(name, scores, -1), OfScores(name, scores.to(at::kFloat), -1).to(type))) << name;
    }
    EXPECT_TRUE(SameBits(top_k.call(scores, 5, -1), top_k.call(scores.to(at::kFloat), 5, -1).to(type)));
  }
}

TEST_F(Operators, ShapesAloneGoThroughToo) {
  const Tensor scores = at::ones({2, 3, 6}, at::TensorOptions(at::kMeta).dtype(at::kBFloat16));
  for (const char* name : {"softmax", "sparsemax", "sigmoid", "softmax_plus_one"}) {
    const Tensor p = OfScores(name, scores, 1);
    EXPECT_TRUE(p.is_meta() && p.sizes() == scores.sizes() && p.scalar_type() == at::kBFloat16) << name;
  }
}

TEST_F(Operators, AlphaOutsideItsRangeIsRefused) {
  try {
    Entmax(RandomTensor({2, 4}, 5), at::full({}, 2.5), -1);
    FAIL();
  } catch (const c10::Error& error) {
    EXPECT_EQ(std::string(error.what_without_backtrace()), "row 0: alpha is 2.5; allowed is [1, 2]");
  }
}

}  // namespace
}  // namespace ablate
