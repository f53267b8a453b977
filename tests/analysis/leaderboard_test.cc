#include "analysis/leaderboard.h"

#include <gtest/gtest.h>

#include <cmath>

#include "analysis/experiment_results.h"
#include "analysis/leaderboard_text.h"
#include "analysis/power.h"

namespace ablate::analysis {
namespace {

// softmax is 0.1 below the best on each seed, sparsemax sometimes above and sometimes below it.
std::vector<ArmResults> Arms() {
  return {{"softmax", {{1, 0.80}, {2, 0.70}, {3, 0.60}}, 1, 0},
          {"nothing", {}, 3, 0},
          {"entmax", {{1, 0.90}, {2, 0.80}, {3, 0.70}}, 0, 0},
          {"sparsemax", {{1, 0.85}, {2, 0.81}, {3, 0.71}}, 0, 0},
          {"one_seed", {{1, 0.10}}, 0, 2}};
}

std::string Line(const Standing& s) {
  return std::to_string(s.rank) + " " + s.arm->arm + " " + ComparisonName(s.to_best.comparison) + " " +
         ComparisonName(s.to_baseline.comparison);
}

TEST(Leaderboard, TiesShareTheFirstRank) {
  const auto arms = Arms();
  const auto standings = Leaderboard(arms, true, "softmax");
  ASSERT_EQ(standings.size(), 5u);
  EXPECT_EQ(Line(standings[0]), "1 entmax same better");
  EXPECT_EQ(Line(standings[1]), "1 sparsemax tie better");
  EXPECT_EQ(Line(standings[2]), "3 softmax worse same");
  EXPECT_EQ(Line(standings[3]), "4 one_seed open open");
  EXPECT_EQ(Line(standings[4]), "0 nothing open open");
  EXPECT_NEAR(standings[2].to_best.estimate.mean, -0.1, 1e-12);
}

TEST(Leaderboard, SmallerCanBeBetter) {
  const auto arms = Arms();
  const auto standings = Leaderboard(arms, false, "entmax");
  EXPECT_EQ(Line(standings[0]), "1 one_seed same open");
  EXPECT_EQ(Line(standings[1]), "2 softmax open better");
}

TEST(Leaderboard, EqualValuesTie) {
  const std::vector<ArmResults> arms = {{"a", {{1, 1.0}, {2, 1.0}}, 0, 0}, {"b", {{1, 1.0}, {2, 1.0}}, 0, 0}};
  EXPECT_EQ(Line(Leaderboard(arms, true, "")[1]), "1 b tie open");
}

TEST(Leaderboard, NoArmsAndNoValues) {
  EXPECT_TRUE(Leaderboard({}, true, "x").empty());
  const std::vector<ArmResults> arms = {{"a", {}, 0, 3}};
  EXPECT_EQ(Line(Leaderboard(arms, true, "")[0]), "0 a open open");
}

TEST(Claims, SayWhatCouldHaveBeenSeen) {
  const ClaimResult result = JudgeClaims({{"sparsemax", "entmax", "", 0.05}}, Arms())[0];
  EXPECT_NEAR(result.could_have_seen, SmallestEffect(3) * std::sqrt(0.0024 / 2), 1e-12);
  EXPECT_EQ(result.seeds_needed, SeedsNeeded(0.05 / std::sqrt(0.0024 / 2)));
  EXPECT_TRUE(std::isnan(JudgeClaims({{"one_seed", "entmax", "", 1}}, Arms())[0].could_have_seen));
}

TEST(Claims, AreJudgedByTheWholeInterval) {
  const auto verdict = [](const char* arm, const char* baseline, double at_least) {
    return std::string(VerdictName(JudgeClaims({{arm, baseline, "", at_least}}, Arms())[0].verdict));
  };
  EXPECT_EQ(verdict("entmax", "softmax", 0.0999), "shown");
  EXPECT_EQ(verdict("entmax", "softmax", 0.1001), "contradicted");
  EXPECT_EQ(verdict("sparsemax", "entmax", 0), "not shown");
  // -0.05, 0.01, 0.01: deviation 0.0346; three seeds show 0.114 and more with power 0.8.
  EXPECT_EQ(verdict("sparsemax", "entmax", 0.05), "undecided");
  EXPECT_EQ(verdict("sparsemax", "entmax", -0.05), "undecided");
  EXPECT_EQ(verdict("sparsemax", "entmax", 0.08), "contradicted");
  EXPECT_EQ(verdict("one_seed", "entmax", -100), "undecided");
  EXPECT_EQ(verdict("entmax", "no such arm", 0), "undecided");
}

// The sentence that answers, for an experiment with these arms.
std::string Answer(std::vector<ArmResults> arms) {
  const ExperimentResults results{"e", "", "", "validation/loss", "MINIMIZE", "LAST", std::move(arms), {}};
  const std::string text = LeaderboardText(results, Leaderboard(results.arms, false, ""), {}, "", 1000);
  const size_t begin = text.find("\n\n") + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

TEST(LeaderboardText, AnswersInASentence) {
  const BySeed low = {{1, 1.0}, {2, 1.2}}, high = {{1, 5.0}, {2, 5.2}};
  EXPECT_EQ(Answer({{"a", {}, 0, 2}}), "No trial has succeeded yet.");
  EXPECT_EQ(Answer({{"a", low, 0, 0}}), "Best: a, 1.1±1.3.");
  EXPECT_EQ(Answer({{"a", high, 0, 0}, {"b", low, 0, 0}}), "Best: b, 1.1±1.3. No other arm ties with it.");
  EXPECT_EQ(Answer({{"a", {{1, 1.0}}, 0, 0}, {"b", low, 0, 0}}),
            "Best: a, 1.0. Open for 1 arm: fewer than two seeds in common.");
  std::vector<ArmResults> arms;
  for (const char* name : {"a", "b", "c", "d", "e"}) arms.push_back({name, low, 0, 0});
  EXPECT_EQ(Answer(arms), "Best: a, 1.1±1.3. All 4 other arms tie with it.");
  arms.push_back({"f", high, 0, 0});
  EXPECT_EQ(Answer(arms), "Best: a, 1.1±1.3. 4 of the other 5 arms tie with it.");
}

}  // namespace
}  // namespace ablate::analysis
