// The FULL set: against graphs with known answers, and against plain definitions written in another way.
#include "lib/statistics/full_statistics.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "lib/statistics/catalogue.h"
#include "lib/statistics/full/row_shape.h"
#include "lib/statistics/full/spectral_gap.h"
#include "tests/lib/statistics/maps.h"

namespace ablate::statistics {
namespace {

// Rows are rounded to float, and means are over at most some hundred doubles.
constexpr double kRounding = 1e-12;

AttentionStatistics MeasureFull(const std::vector<Maps>& layers, const std::vector<Trial>& trials, int trial = 0) {
  FullStatisticsAccumulator accumulator(trials, "encoder", static_cast<int>(layers.size()),
                                        static_cast<int>(layers[0].probabilities.size(2)));
  for (size_t layer = 0; layer < layers.size(); ++layer) {
    const Maps& maps = layers[layer];
    const absl::Status status =
        accumulator.Add(static_cast<int>(layer), maps.probabilities, maps.support, maps.query_valid, maps.key_valid);
    EXPECT_TRUE(status.ok()) << status;
  }
  AttentionStatistics statistics;
  accumulator.AppendResult(trial, statistics);
  return statistics;
}

double LayerValue(const AttentionStatistics& statistics, const std::string& name, uint32_t layer) {
  for (const LayerStatistic& entry : statistics.layer()) {
    if (entry.statistic() == name && entry.layer() == layer) return entry.value();
  }
  ADD_FAILURE() << "no " << name << " of layer " << layer;
  return 0;
}

// Of self-attention: queries are valid where keys are; those whose row was padding have no mass.
Maps RandomSelfMaps(uint64_t seed, int trials, int examples, int heads, int tokens) {
  Maps maps = RandomMaps(seed, trials, examples, heads, tokens, tokens);
  maps.query_valid = maps.key_valid.clone();
  return maps;
}

Maps AheadBy(std::vector<int> steps, int tokens) {
  std::vector<std::function<bool(int, int)>> heads;
  for (const int step : steps) heads.push_back([=](int q, int k) { return k == (q + step) % tokens; });
  return MapsOf(heads, tokens, tokens);
}

Maps Circulant(int degree, int tokens) {
  return MapsOf({[=](int q, int k) { return (k - q + tokens) % tokens < degree; }}, tokens, tokens);
}

TEST(FullStatisticsTest, RingReachesOneTokenMoreInEachLayer) {
  const auto statistics = MeasureFull(std::vector<Maps>(7, AheadBy({1}, 8)), {Trial()});
  for (uint32_t layer = 0; layer < 7; ++layer) {
    EXPECT_DOUBLE_EQ(LayerValue(statistics, "reach", layer), (layer + 2) / 8.0);
    EXPECT_EQ(LayerValue(statistics, "reached_all", layer), layer == 6);
    EXPECT_EQ(LayerValue(statistics, "layer_spectral_gap", layer), 0);  // pairs of one query and one key
  }
  // R after one layer is half itself, half the next.
  EXPECT_NEAR(LayerValue(statistics, "effective_receptive_field", 0), 2, kRounding);
  // (1/4, 1/2, 1/4): exp(1.5 log 2).
  EXPECT_NEAR(LayerValue(statistics, "effective_receptive_field", 1), std::exp2(1.5), kRounding);
}

TEST(FullStatisticsTest, HeadsReachTogether) {
  const auto statistics = MeasureFull({AheadBy({1, 2, 4}, 8), AheadBy({1, 2, 4}, 8)}, {Trial()});
  EXPECT_DOUBLE_EQ(LayerValue(statistics, "reach", 0), 4 / 8.0);  // 0, 1, 2, 4
  EXPECT_DOUBLE_EQ(LayerValue(statistics, "reach", 1), 7 / 8.0);  // all sums of two of these: not 7
}

TEST(FullStatisticsTest, PlacesOfARing) {
  const auto statistics = MeasureFull({MapsOf({[](int q, int k) { return k == std::min(q + 1, 7); }}, 8, 8)}, {Trial()});
  EXPECT_NEAR(Value(statistics, "mass_at_+1"), 7 / 8.0, kRounding);
  EXPECT_NEAR(Value(statistics, "mass_at_0"), 1 / 8.0, kRounding);  // the last token
  EXPECT_EQ(Value(statistics, "mass_at_-1"), 0);
  EXPECT_NEAR(Value(statistics, "right_mass"), 7 / 8.0, kRounding);
  EXPECT_EQ(Value(statistics, "left_mass"), 0);
  EXPECT_EQ(Value(statistics, "first_token_mass"), 0);
  EXPECT_NEAR(Value(statistics, "distance"), 7 / 8.0, kRounding);
  EXPECT_NEAR(Value(statistics, "farthest_key"), 7 / 8.0, kRounding);
  EXPECT_EQ(Value(statistics, "single_key_rows"), 1);
  EXPECT_NEAR(Value(statistics, "gini"), 1, kRounding);
  EXPECT_NEAR(Value(statistics, "effective_keys"), 1, kRounding);
}

TEST(FullStatisticsTest, EvenRows) {
  const auto statistics = MeasureFull({Circulant(9, 9)}, {Trial()});
  EXPECT_NEAR(Value(statistics, "gini"), 0, kRounding);
  EXPECT_NEAR(Value(statistics, "effective_keys"), 9, 9 * kRounding);
  EXPECT_EQ(Value(statistics, "single_key_rows"), 0);
  EXPECT_NEAR(Value(statistics, "distance"), 80.0 / 27, kRounding * 9);  // sum over all pairs of |i - j| is 240
  EXPECT_NEAR(Value(statistics, "spectral_gap"), 1, kRounding);
  EXPECT_EQ(LayerValue(statistics, "reached_all", 0), 1);
}

TEST(FullStatisticsTest, DegreesOfAStar) {
  const Maps star = MapsOf({[](int, int k) { return k == 2; }}, 6, 6);
  const auto free = MeasureFull({star}, {Trial()}), balanced = MeasureFull({star}, {WithBalance(3)});
  EXPECT_EQ(Value(free, "out_degree_rms"), 0);
  EXPECT_EQ(Value(free, "in_degree_off"), 5);                                 // 6 against a mean of 1
  EXPECT_DOUBLE_EQ(Value(free, "in_degree_rms"), std::sqrt((25 + 5) / 6.0));  // and five times 0 against 1
  EXPECT_EQ(Value(balanced, "out_degree_rms"), 2);                            // 1 against 3
  EXPECT_EQ(Value(balanced, "in_degree_off"), 3);                             // both 6 and 0
}

// sigma_2 of a circulant with rows of K ones in a row: |sin(pi K / n) / (K sin(pi / n))|.
TEST(SpectralGapTest, Circulants) {
  constexpr double kPi = 3.14159265358979323846;
  for (int n : {5, 12, 31}) {
    for (int degree = 2; degree <= n; ++degree) {
      const double expected = 1 - std::abs(std::sin(kPi * degree / n) / (degree * std::sin(kPi / n)));
      EXPECT_NEAR(Value(MeasureFull({Circulant(degree, n)}, {Trial()}), "spectral_gap"), expected, kRounding)
          << n << " " << degree;
    }
  }
}

TEST(SpectralGapTest, IsZeroExactlyWhereTheGraphFallsApart) {
  const auto gap = [](const std::function<bool(int, int)>& head) {
    return Value(MeasureFull({MapsOf({head}, 12, 12)}, {Trial()}), "spectral_gap");
  };
  EXPECT_NEAR(gap([](int q, int k) { return q / 4 == k / 4; }), 0, kRounding);
  EXPECT_GT(gap([](int q, int k) { return q / 4 == k / 4 || (q == 0 && k == 4) || (q == 4 && k == 8); }), 1e-3);
  EXPECT_NEAR(gap([](int q, int k) { return q < 3 && k < 5; }), 1, kRounding);  // complete, but for empty rows and columns
  EXPECT_EQ(SpectralGap({0, 0, 0, 0}, 2, 2), 1);
}

// About 2 sqrt(K - 1) / K (Friedman 2008): a union of K random permutations of 60 tokens is near it.
TEST(SpectralGapTest, RandomRegularGraph) {
  constexpr int kTokens = 60, kDegree = 6;
  std::mt19937_64 random(3);
  std::vector<std::vector<int>> permutations(kDegree, std::vector<int>(kTokens));
  for (auto& permutation : permutations) {
    for (int i = 0; i < kTokens; ++i) permutation[i] = i;
    std::shuffle(permutation.begin(), permutation.end(), random);
  }
  const auto connected = [&](int q, int k) {
    for (const auto& permutation : permutations) {
      if (permutation[q] == k) return true;
    }
    return false;
  };
  const double gap = Value(MeasureFull({MapsOf({connected}, kTokens, kTokens)}, {Trial()}), "spectral_gap");
  EXPECT_NEAR(gap, 1 - 2 * std::sqrt(kDegree - 1.0) / kDegree, 0.1);
}

TEST(GiniTest, EqualsTheMeanDifferenceOfPairs) {
  std::mt19937_64 random(5);
  for (int n : {2, 3, 17}) {
    std::vector<double> weights;
    double sum = 0, differences = 0;
    for (int i = 0; i < n; ++i) sum += weights.emplace_back(i % 3 == 0 ? 0.0 : std::exponential_distribution<double>()(random));
    for (double& weight : weights) weight /= sum;
    for (const double a : weights) {
      for (const double b : weights) differences += std::abs(a - b);
    }
    EXPECT_NEAR(Gini(weights), differences / (2.0 * n) * n / (n - 1), kRounding);
  }
}

// pi of one map, [n, n] double, over the valid tokens, which are moved to the front.
at::Tensor ValidPi(const Maps& maps, int64_t trial, int64_t example, int64_t head) {
  const at::Tensor valid = maps.key_valid[trial][example].nonzero().squeeze(1);
  const at::Tensor p = maps.probabilities[trial][example][head].to(at::kDouble).index_select(0, valid).index_select(1, valid);
  const at::Tensor mass = p.sum(1, true);
  return p / mass.masked_fill(mass == 0, 1);
}

// Rollout and reach of one example as products of matrices; pairwise divergence as two relative entropies.
TEST(FullStatisticsTest, EqualsMatricesOnRandomGraphs) {
  const std::vector<Maps> layers = {RandomSelfMaps(1, 1, 1, 3, 13), RandomSelfMaps(1, 1, 1, 3, 13)};
  const auto statistics = MeasureFull(layers, {Trial()});
  const int64_t n = layers[0].key_valid.sum().item<int64_t>();
  at::Tensor rollout = at::eye(n, at::kDouble), reach = at::eye(n, at::kDouble);
  for (uint32_t layer = 0; layer < 2; ++layer) {
    at::Tensor mean = at::zeros({n, n}, at::kDouble), joined = at::eye(n, at::kDouble);
    for (int64_t head = 0; head < 3; ++head) {
      const at::Tensor pi = ValidPi(layers[layer], 0, 0, head);
      mean += (pi + at::eye(n, at::kDouble) * (pi.sum(1, true) == 0)) / 3;
      joined += pi > 0;
    }
    rollout = at::matmul((mean + at::eye(n, at::kDouble)) / 2, rollout);
    reach = (at::matmul(joined, reach) > 0).to(at::kDouble);
    EXPECT_DOUBLE_EQ(LayerValue(statistics, "reach", layer), reach.mean().item<double>());
    const at::Tensor entropy = -(rollout * rollout.clamp_min(1e-300).log()).sum(1);
    EXPECT_NEAR(LayerValue(statistics, "effective_receptive_field", layer), entropy.exp().mean().item<double>(), 1e-10);
  }
}

TEST(FullStatisticsTest, DiversityOfHeads) {
  // Heads on different keys are log 2 apart, pair by pair, and log 3 together.
  const auto apart = MeasureFull({AheadBy({1, 2, 3}, 8)}, {Trial()});
  EXPECT_NEAR(LayerValue(apart, "js_pairwise", 0), std::log(2), kRounding);
  EXPECT_NEAR(LayerValue(apart, "js_share", 0), 1, kRounding);
  const auto two_alike = MeasureFull({AheadBy({1, 1, 3}, 8)}, {Trial()});
  EXPECT_NEAR(LayerValue(two_alike, "js_pairwise", 0), 2 * std::log(2) / 3, kRounding);
}

TEST(FullStatisticsTest, PaddingAndNeighboursChangeNoBit) {
  const Maps three = RandomSelfMaps(11, 3, 4, 2, 9);
  const std::vector<Trial> trials = {WithBalance(0), WithBalance(3), WithBalance(0)};
  for (int t = 0; t < 3; ++t) {
    EXPECT_EQ(MeasureFull({OnlyTrial(three, t)}, {trials[t]}).SerializeAsString(),
              MeasureFull({three}, trials, t).SerializeAsString());
  }
  Maps dirty = three;
  const at::Tensor padding = three.key_valid.logical_not();
  dirty.probabilities = three.probabilities.clone();
  dirty.probabilities.masked_fill_(padding.unsqueeze(2).unsqueeze(3), 0.5);
  EXPECT_EQ(MeasureFull({dirty}, trials).SerializeAsString(), MeasureFull({three}, trials).SerializeAsString());
}

TEST(FullStatisticsTest, CatalogueIsWhatBothSetsProduce) {
  // These come from training.
  std::set<std::string> head = {"alpha", "imposed_share", "length_scale", "sink"}, layer;
  for (const char* of : {"row_lower", "row_upper", "column_lower", "column_upper"}) {
    head.insert(std::string("multiplier_") + of), head.insert(std::string("violation_") + of);
  }
  const Maps maps = RandomSelfMaps(2, 1, 2, 2, 9);
  for (const AttentionStatistics& statistics : {Measure(maps, {WithBalance(2)}), MeasureFull({maps}, {Trial()})}) {
    for (const HeadStatistic& entry : statistics.head()) head.insert(entry.statistic());
    for (const LayerStatistic& entry : statistics.layer()) layer.insert(entry.statistic());
  }
  std::set<std::string> catalogue_head, catalogue_layer;
  std::string before;
  for (const Entry& entry : Catalogue()) {
    EXPECT_LT(before, entry.name) << "alphabetical";
    before = entry.name;
    (entry.level == "layer" ? catalogue_layer : catalogue_head).insert(entry.name);
    for (const std::string& text : {entry.definition, entry.unit, entry.range, entry.source}) {
      EXPECT_FALSE(text.empty()) << entry.name;
    }
  }
  EXPECT_EQ(catalogue_head, head);
  EXPECT_EQ(catalogue_layer, layer);
}

TEST(FullStatisticsTest, RefusesWhatItCanNotMeasure) {
  FullStatisticsAccumulator accumulator({Trial()}, "encoder", 2, 1);
  const Maps square = Circulant(2, 4), wide = MapsOf({[](int, int) { return true; }}, 3, 5);
  const auto add = [&](int layer, const Maps& maps) {
    return accumulator.Add(layer, maps.probabilities, maps.support, maps.query_valid, maps.key_valid);
  };
  EXPECT_EQ(add(1, square).code(), absl::StatusCode::kInvalidArgument);  // before layer 0
  EXPECT_EQ(add(0, wide).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(add(0, {}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(add(0, square).ok());
  EXPECT_EQ(add(2, square).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace ablate::statistics
