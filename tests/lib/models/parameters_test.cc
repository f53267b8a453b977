#include "lib/models/parameters.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "lib/testing/tensor_comparison.h"

namespace ablate::models {
namespace {

using at::Tensor;
using testing::SameBits;

TEST(InitialNormalTest, DependsOnSeedNameAndElementAlone) {
  const Tensor array = InitialNormal({7, 8, 7}, "a", {50, 40}, 0.5), alone = InitialNormal({8}, "a", {50, 40}, 0.5);
  EXPECT_TRUE(SameBits(array[1], alone[0]));
  EXPECT_TRUE(SameBits(array[0], array[2]));
  EXPECT_FALSE(SameBits(array[0], array[1]));
  EXPECT_FALSE(SameBits(alone, InitialNormal({8}, "b", {50, 40}, 0.5)));
}

TEST(InitialNormalTest, HasTheDeviation) {
  const Tensor values = InitialNormal({3}, "a", {300, 300}, 0.5);
  // Five standard errors of mean and deviation.
  EXPECT_NEAR(values.mean().item().toDouble(), 0, 5 * 0.5 / 300);
  EXPECT_NEAR(values.std().item().toDouble(), 0.5, 5 * 0.5 / 300 / 1.414);
}

TEST(KeepTrialsTest, CopiesTheSlices) {
  const Tensor all = testing::RandomTensor({4, 3, 2}, 1);
  const Tensor kept = KeepTrials(all, {1, 3});
  EXPECT_TRUE(SameBits(kept[0], all[1]));
  EXPECT_TRUE(SameBits(kept[1], all[3]));
  EXPECT_FALSE(KeepTrials(Tensor(), {0}).defined());
}

}  // namespace
}  // namespace ablate::models
