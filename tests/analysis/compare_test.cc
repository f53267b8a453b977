#include "analysis/compare.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ablate::analysis {
namespace {

TrialResult Trial(const std::string& normalizer, int64_t seed, double value, std::map<std::string, std::string> more = {}) {
  more["attention.normalizer"] = normalizer;
  if (normalizer == "softmax") more.erase("attention.normalizer");  // the default is no setting
  more["model"] = "encoder";
  more["seed"] = std::to_string(seed);
  std::string arm = normalizer;
  for (const auto& [path, setting] : more) arm += path == "seed" || path == "model" ? "" : " " + setting;
  return {arm, seed, std::isnan(value) ? "failed" : "succeeded", value, more};
}

// softmax with one and two layers, entmax with two alphas and one layer, sparsemax with two layers and one seed.
std::vector<TrialResult> Trials() {
  std::vector<TrialResult> trials;
  for (int64_t seed = 1; seed <= 4; ++seed) {
    const double luck = 0.1 * seed;
    trials.push_back(Trial("softmax", seed, 0.50 + luck));
    trials.push_back(Trial("softmax", seed, 0.90 + luck, {{"model.encoder.layers", "1"}}));
    trials.push_back(Trial("entmax", seed, 0.50 + luck + 0.01 * (seed % 2), {{"attention.alpha", "1.25"}}));
    trials.push_back(Trial("entmax", seed, 0.60 + luck, {{"attention.alpha", "1.75"}}));
  }
  trials.push_back(Trial("sparsemax", 1, 2, {{"model.encoder.layers", "1"}}));
  trials.push_back(Trial("sparsemax", 2, std::nan(""), {{"model.encoder.layers", "1"}}));
  return trials;
}

const ValueStanding& Find(const FieldComparison& comparison, const std::string& value) {
  for (const ValueStanding& standing : comparison.values) {
    if (standing.value == value) return standing;
  }
  ADD_FAILURE() << value;
  return comparison.values[0];
}

TEST(CompareBy, MatchesAllOtherFields) {
  const auto comparison = CompareBy(Trials(), true, "normalizer", "");
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_EQ(comparison->field, "attention.normalizer");
  EXPECT_EQ(comparison->baseline, "softmax");
  ASSERT_EQ(comparison->values.size(), 3u);
  const ValueStanding& softmax = Find(*comparison, "softmax");
  EXPECT_EQ(softmax.arms, 2);
  EXPECT_EQ(softmax.mean.n, 4);
  EXPECT_NEAR(softmax.mean.mean, 0.95, 1e-12);
  EXPECT_NEAR(softmax.best_seed, 1.3, 1e-12);
  EXPECT_EQ(softmax.to_baseline.comparison, Comparison::kSame);
  // Over alphas: 0.055, 0.05, 0.055, 0.05 above the softmax of as many layers; seeds and layers make no difference.
  const ValueStanding& entmax = Find(*comparison, "entmax");
  EXPECT_EQ(entmax.matched, 1);
  EXPECT_NEAR(entmax.to_baseline.estimate.mean, 0.0525, 1e-12);
  EXPECT_NEAR(entmax.to_baseline.estimate.deviation, 0.0025 * std::sqrt(4 / 3.), 1e-12);
  EXPECT_EQ(entmax.to_baseline.comparison, Comparison::kBetter);
  const ValueStanding& sparsemax = Find(*comparison, "sparsemax");
  EXPECT_EQ(sparsemax.to_baseline.estimate.n, 1);
  EXPECT_NEAR(sparsemax.to_baseline.estimate.mean, 1, 1e-12);
  EXPECT_EQ(sparsemax.failed, 1);
  EXPECT_EQ(sparsemax.to_baseline.comparison, Comparison::kOpen);
}

TEST(CompareBy, LeavesOutTrialsThatDoNotReadTheField) {
  const auto comparison = CompareBy(Trials(), false, "attention.alpha", "1.75");
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  ASSERT_EQ(comparison->values.size(), 2u);
  EXPECT_EQ(comparison->values[0].value, "1.25");
  EXPECT_EQ(comparison->values[0].to_baseline.comparison, Comparison::kBetter);  // smaller is
  EXPECT_EQ(comparison->values[0].arms, 1);
}

TEST(CompareBy, WithoutCommonSettingsNothingIsSaid) {
  std::vector<TrialResult> trials = {Trial("softmax", 1, 0.5), Trial("softmax", 2, 0.6),
                                     Trial("entmax", 1, 0.7, {{"model.encoder.layers", "1"}}),
                                     Trial("entmax", 2, 0.7, {{"model.encoder.layers", "1"}})};
  const auto comparison = CompareBy(trials, true, "normalizer", "");
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_EQ(Find(*comparison, "entmax").matched, 0);
  EXPECT_EQ(Find(*comparison, "entmax").to_baseline.comparison, Comparison::kOpen);
}

TEST(CompareBy, NamesTheFieldsThatVary) {
  EXPECT_EQ(CompareBy(Trials(), true, "normaliser", "").status(),
            absl::NotFoundError("--by: \"normaliser\" is no field that varies in the experiment; did you mean \"normalizer\"?: "
                                "there are attention.alpha, attention.normalizer, model.encoder.layers"));
  EXPECT_EQ(CompareBy(Trials(), true, "normalizer", "sofmax").status(),
            absl::InvalidArgumentError("--baseline: attention.normalizer is never \"sofmax\"; did you mean \"softmax\"?: its "
                                       "values are softmax, entmax, sparsemax"));
  EXPECT_EQ(CompareBy({Trial("softmax", 1, 1), Trial("softmax", 2, 1)}, true, "seed", "").status(),
            absl::NotFoundError("--by: no field but the seed varies in the experiment"));
}

}  // namespace
}  // namespace ablate::analysis
