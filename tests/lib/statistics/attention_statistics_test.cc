#include "lib/statistics/attention_statistics.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/lib/statistics/maps.h"

namespace ablate::statistics {
namespace {

constexpr int kTrials = 3, kExamples = 5, kHeads = 4, kQueries = 11, kKeys = 19;

std::vector<Trial> ThreeTrials() { return {WithBalance(0), WithBalance(4), WithBalance(40)}; }

Maps ThreeTrialMaps() { return RandomMaps(17, kTrials, kExamples, kHeads, kQueries, kKeys); }

// Values are at most log 19 < 3. Either side rounds each of a row's n = 19 terms once or twice, its logarithms by at most
// 4e-15, and the sum over at most 55 rows: fewer than (2 * 19 + 2 * 55 + 8) roundings of 2^-53 times 3, and 3 * 4e-15.
constexpr double kRounding = (2 * kKeys + 2 * kExamples * kQueries + 8) * 0x1p-53 * 3 + 3 * 4e-15;

TEST(AttentionStatisticsTest, EqualsThePlainReference) {
  const Maps maps = ThreeTrialMaps();
  for (int t = 0; t < kTrials; ++t) {
    SCOPED_TRACE(t);
    ExpectEqualStatistics(Measure(maps, ThreeTrials(), t), Reference(maps, t, ThreeTrials()[t].attention().balance().k()),
                          kRounding);
  }
}

TEST(AttentionStatisticsTest, ATrialHasTheSameBitsAloneAndBesideNan) {
  const Maps maps = ThreeTrialMaps();
  Maps sick = ThreeTrialMaps();
  sick.probabilities.select(0, 1).fill_(std::numeric_limits<float>::quiet_NaN());
  for (int t : {0, 2}) {
    const std::string together = Measure(maps, ThreeTrials(), t).SerializeAsString();
    EXPECT_EQ(Measure(OnlyTrial(maps, t), {ThreeTrials()[t]}).SerializeAsString(), together);
    EXPECT_EQ(Measure(sick, ThreeTrials(), t).SerializeAsString(), together);
  }
  EXPECT_TRUE(std::isnan(Value(Measure(sick, ThreeTrials(), 1), "entropy")));
  EXPECT_TRUE(std::isnan(Value(Measure(sick, ThreeTrials(), 1), "largest_weight")));
  EXPECT_TRUE(std::isnan(Value(Measure(sick, ThreeTrials(), 1), "js_diversity")));
}

TEST(AttentionStatisticsTest, StreamedEqualsAtOnceToTheBit) {
  const Maps maps = ThreeTrialMaps();
  AttentionStatisticsAccumulator streamed(ThreeTrials(), "encoder", 1, kHeads);
  for (const auto& [first, count] : {std::pair(0, 2), std::pair(2, 1), std::pair(3, 2)}) {
    const Maps part = OnlyExamples(maps, first, count);
    ASSERT_TRUE(streamed.Add(0, part.probabilities, part.support, part.query_valid, part.key_valid).ok());
  }
  // Sums go on from example to example in the same order, so not even the doubles differ.
  for (int t = 0; t < kTrials; ++t) {
    EXPECT_EQ(streamed.Result(t).SerializeAsString(), Measure(maps, ThreeTrials(), t).SerializeAsString());
  }
}

TEST(AttentionStatisticsTest, OrderOfExamplesChangesRoundingOnly) {
  const Maps maps = ThreeTrialMaps();
  const at::Tensor order = at::tensor({3, 0, 4, 2, 1});
  const auto reorder = [&](const at::Tensor& tensor) { return tensor.index_select(1, order); };
  const Maps shuffled = {reorder(maps.probabilities), reorder(maps.support), reorder(maps.query_valid),
                         reorder(maps.key_valid)};
  for (int t = 0; t < kTrials; ++t) {
    ExpectEqualStatistics(Measure(shuffled, ThreeTrials(), t), Measure(maps, ThreeTrials(), t), kRounding);
  }
}

TEST(AttentionStatisticsTest, MorePaddingChangesNoBit) {
  const Maps maps = ThreeTrialMaps();
  const auto pad = [](const at::Tensor& tensor, int64_t dim, int64_t count) {
    std::vector<int64_t> shape = tensor.sizes().vec();
    shape[dim] = count;
    return at::cat({tensor, at::zeros(shape, tensor.options())}, dim);
  };
  const Maps padded = {pad(pad(maps.probabilities, 3, 2), 4, 7), pad(pad(maps.support, 3, 2), 4, 7),
                       pad(maps.query_valid, 2, 2), pad(maps.key_valid, 2, 7)};
  for (int t = 0; t < kTrials; ++t) {
    EXPECT_EQ(Measure(padded, ThreeTrials(), t).SerializeAsString(), Measure(maps, ThreeTrials(), t).SerializeAsString());
  }
}

TEST(AttentionStatisticsTest, WhatLiesInPaddingIsNotLookedAt) {
  const Maps maps = ThreeTrialMaps();
  const at::Tensor valid = maps.query_valid.unsqueeze(2).unsqueeze(4).logical_and(maps.key_valid.unsqueeze(2).unsqueeze(3));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Maps dirty = {maps.probabilities.masked_fill(valid.logical_not(), nan), maps.support.logical_or(valid.logical_not()),
                      maps.query_valid, maps.key_valid};
  for (int t = 0; t < kTrials; ++t) {
    EXPECT_EQ(Measure(dirty, ThreeTrials(), t).SerializeAsString(), Measure(maps, ThreeTrials(), t).SerializeAsString());
  }
}

TEST(AttentionStatisticsTest, SupportIsWhatTheNormalizerDeclares) {
  Maps maps = MapsOf({[](int, int) { return true; }}, 2, 3);
  maps.probabilities.select(4, 1).fill_(0);  // underflow of a dense normalizer
  EXPECT_EQ(Value(Measure(maps, {Trial()}), "density"), 1);
}

TEST(AttentionStatisticsTest, TransposedMemoryIsRead) {
  const Maps maps = ThreeTrialMaps();
  const auto turn = [](const at::Tensor& tensor) { return tensor.transpose(1, 2).contiguous().transpose(1, 2); };
  const Maps turned = {turn(maps.probabilities), turn(maps.support), turn(maps.query_valid), turn(maps.key_valid)};
  EXPECT_EQ(Measure(turned, ThreeTrials(), 1).SerializeAsString(), Measure(maps, ThreeTrials(), 1).SerializeAsString());
}

TEST(AttentionStatisticsTest, LayersAndKindsAreNamed) {
  const Maps maps = ThreeTrialMaps();
  AttentionStatisticsAccumulator accumulator(ThreeTrials(), "cross", 3, kHeads);
  ASSERT_TRUE(accumulator.Add(2, maps.probabilities, maps.support, maps.query_valid, maps.key_valid).ok());
  const AttentionStatistics statistics = accumulator.Result(0);
  EXPECT_GT(statistics.head_size(), 0);  // of layer 2 alone: nothing was added to the others
  for (const HeadStatistic& entry : statistics.head()) {
    EXPECT_EQ(entry.layer(), 2u);
    EXPECT_EQ(entry.attention(), "cross");
  }
  for (const DegreeDistribution& entry : statistics.degrees()) EXPECT_EQ(entry.layer(), 2u);
  ASSERT_EQ(statistics.layer_size(), 1);
  EXPECT_EQ(statistics.layer(0).layer(), 2u);
}

TEST(AttentionStatisticsTest, BadInputsAreNamedAndAddNothing) {
  const Maps maps = ThreeTrialMaps();
  AttentionStatisticsAccumulator accumulator(ThreeTrials(), "encoder", 1, kHeads);
  const auto message = [&](int layer, const Maps& bad) {
    const absl::Status status = accumulator.Add(layer, bad.probabilities, bad.support, bad.query_valid, bad.key_valid);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  const auto with = [&](at::Tensor Maps::*member, at::Tensor tensor) {
    Maps bad = maps;
    bad.*member = tensor;
    return bad;
  };
  EXPECT_EQ(message(1, maps), "attention statistics: layer 1 of 1");
  EXPECT_EQ(message(0, with(&Maps::support, maps.probabilities)), "attention statistics: support is Float; Bool is needed");
  EXPECT_EQ(message(0, with(&Maps::key_valid, maps.query_valid)),
            "attention statistics: key_valid has shape [3, 5, 11]; [3, 5, 19] is needed");
  EXPECT_EQ(message(0, with(&Maps::query_valid, at::Tensor())), "attention statistics: query_valid is undefined");
  EXPECT_EQ(message(0, OnlyTrial(maps, 0)),
            "attention statistics: probabilities has shape [1, 5, 4, 11, 19]; [3, 5, 4, 11, 19] is needed");
  EXPECT_EQ(message(0, with(&Maps::probabilities, maps.probabilities.select(0, 0))),
            "attention statistics: probabilities has shape [5, 4, 11, 19]; [trials, examples, heads, queries, keys] is needed");
  EXPECT_EQ(accumulator.Result(0).head_size(), 0);
  EXPECT_EQ(accumulator.Result(0).layer_size(), 0);
}

}  // namespace
}  // namespace ablate::statistics
