#include "lib/attention/regular_graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "lib/attention/balance_feasibility.h"
#include "lib/attention/catalogue.h"

namespace ablate::attention {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

GraphRequest Request(int64_t queries, int64_t keys, int64_t k) {
  GraphRequest request;
  request.queries = queries, request.keys = keys, request.k = k;
  return request;
}

struct Targets {
  std::vector<int64_t> rows, columns;
};

Targets TargetsOf(const std::vector<double>& scores, int64_t queries, int64_t keys, int64_t k) {
  Targets targets{std::vector<int64_t>(queries), std::vector<int64_t>(keys)};
  for (int64_t i = 0; i < queries * keys; ++i) {
    const int64_t there = scores[i] != -kInfinity;
    targets.rows[i / keys] += there, targets.columns[i % keys] += there;
  }
  for (int64_t& target : targets.rows) target = std::min(target, k);
  for (int64_t& target : targets.columns) target = std::min(target, k);
  return targets;
}

// The best sum of all graphs with these degrees, by trying every one; -inf if there is none.
double BestByForce(const std::vector<double>& scores, int64_t queries, int64_t keys, int64_t k) {
  const Targets targets = TargetsOf(scores, queries, keys, k);
  double best = -kInfinity;
  for (uint32_t graph = 0; graph < 1u << (queries * keys); ++graph) {
    std::vector<int64_t> rows(queries, 0), columns(keys, 0);
    double sum = 0;
    for (int64_t i = 0; i < queries * keys; ++i) {
      if ((graph >> i & 1) == 0) continue;
      sum += scores[i];
      ++rows[i / keys], ++columns[i % keys];
    }
    if (rows == targets.rows && columns == targets.columns) best = std::max(best, sum);
  }
  return best;
}

double SumOf(const RegularGraph& graph, const std::vector<double>& scores) {
  double sum = 0;
  for (size_t i = 0; i < scores.size(); ++i) sum += graph.graph()[i] != 0 ? scores[i] : 0;
  return sum;
}

// Small maps with pairs masked at random: feasible ones are solved for the best sum, infeasible ones are told from them.
TEST(RegularGraph, AgreesWithTryingAllGraphs) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  int feasible = 0, infeasible = 0;
  for (int trial = 0; trial < 150; ++trial) {
    const int64_t queries = 4, keys = trial % 3 == 0 ? 3 : 4, k = 1 + trial % 3;
    std::vector<double> scores(queries * keys);
    std::vector<uint8_t> mask(scores.size());
    for (size_t i = 0; i < scores.size(); ++i) {
      mask[i] = random() % 10 < 7;
      scores[i] = mask[i] != 0 ? 3 * normal(random) : -kInfinity;
    }
    const double best = BestByForce(scores, queries, keys, k);
    RegularGraph graph;
    const bool found = graph.Find(scores.data(), Request(queries, keys, k));
    EXPECT_EQ(found, best != -kInfinity) << trial;
    EXPECT_EQ(IsFeasible(mask, queries, keys, k), found) << trial;
    if (found) {
      EXPECT_NEAR(SumOf(graph, scores), best, 1e-9) << trial;
    }
    (found ? feasible : infeasible) += 1;
  }
  EXPECT_GT(feasible, 20);
  EXPECT_GT(infeasible, 20);
}

std::vector<double> RandomScores(int64_t tokens, uint32_t seed, bool causal) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> popularity(tokens), scores(tokens * tokens);
  for (double& x : popularity) x = 3 * normal(random);
  for (int64_t i = 0; i < tokens * tokens; ++i) {
    const bool masked = causal && i % tokens > i / tokens;
    scores[i] = masked ? -kInfinity : normal(random) + popularity[i % tokens];
  }
  return scores;
}

struct MapCase {
  int64_t tokens, k;
  bool causal;
};

class RegularGraphOfMap : public testing::TestWithParam<MapCase> {};

// Score less offset of the key is above the query's threshold in the graph alone, in float as well.
TEST_P(RegularGraphOfMap, HasItsDegreesAndIsThereByOffsetsAndThresholds) {
  const auto [tokens, k, causal] = GetParam();
  for (uint32_t seed = 0; seed < 5; ++seed) {
    const std::vector<double> scores = RandomScores(tokens, seed, causal);
    RegularGraph graph;
    ASSERT_TRUE(graph.Find(scores.data(), Request(tokens, tokens, k)));
    std::vector<int64_t> rows(tokens, 0), columns(tokens, 0);
    for (int64_t i = 0; i < tokens; ++i) {
      for (int64_t j = 0; j < tokens; ++j) {
        rows[i] += graph.Has(i, j), columns[j] += graph.Has(i, j);
        const auto margin = static_cast<float>(scores[i * tokens + j] - graph.offsets()[j] - graph.thresholds()[i]);
        EXPECT_EQ(graph.Has(i, j), margin > 0) << i << " " << j << ": " << margin;
      }
    }
    for (int64_t i = 0; i < tokens; ++i) {
      EXPECT_EQ(rows[i], causal ? std::min(k, i + 1) : std::min(k, tokens));
      EXPECT_EQ(columns[i], causal ? std::min(k, tokens - i) : std::min(k, tokens));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, RegularGraphOfMap,
                         testing::Values(MapCase{1, 1, false}, MapCase{3, 8, false}, MapCase{8, 2, false}, MapCase{9, 4, false},
                                         MapCase{24, 8, false}, MapCase{40, 3, false}, MapCase{1, 2, true}, MapCase{8, 2, true},
                                         MapCase{24, 8, true}),
                         [](const auto& info) {
                           return std::string(info.param.causal ? "Causal" : "Full") + std::to_string(info.param.tokens) + "K" +
                                  std::to_string(info.param.k);
                         });

TEST(RegularGraph, OfRowsAloneKeepsTheHighestAndTiesGoToTheLowerKey) {
  const std::vector<double> scores = {1, 5, 5, 5, 2, 2, 2, 2};
  GraphRequest request = Request(2, 4, 2);
  request.columns = false;
  RegularGraph graph;
  EXPECT_TRUE(graph.Find(scores.data(), request));
  EXPECT_EQ(graph.graph(), (std::vector<uint8_t>{0, 1, 1, 0, 1, 1, 0, 0}));
  EXPECT_EQ(graph.offsets(), std::vector<double>(4, 0));
}

// What alternation alone leaves to do: rows are exact, most columns too, and the paths do the rest.
TEST(RegularGraph, AlternationBringsMostColumnsToTheirTargets) {
  double exact = 0;
  for (uint32_t seed = 0; seed < 20; ++seed) {
    const std::vector<double> scores = RandomScores(24, seed, false);
    GraphRequest request = Request(24, 24, 4);
    request.solve = false;
    RegularGraph graph;
    graph.Find(scores.data(), request);
    for (int64_t j = 0; j < 24; ++j) {
      int64_t degree = 0;
      for (int64_t i = 0; i < 24; ++i) degree += graph.Has(i, j);
      exact += degree == 4;
    }
  }
  EXPECT_GT(exact / (20 * 24), .8);
  EXPECT_LT(exact / (20 * 24), .99) << "paths would have nothing to do";
}

Attention Sparsified(Sparsity::Structure structure, double level) {
  Attention trial;
  trial.set_normalizer("sparsemax");
  trial.mutable_balance()->set_k(4);
  trial.mutable_sparsity()->set_structure(structure);
  trial.mutable_sparsity()->set_level(level);
  return trial;
}

TEST(WhyInfeasible, SaysWhatImposedSparsityMakesImpossible) {
  EXPECT_EQ(WhyInfeasible(Sparsified(Sparsity::NONE, 0)), "");
  EXPECT_EQ(WhyInfeasible(Sparsified(Sparsity::TOP_K_PER_QUERY, .2)), "");
  EXPECT_EQ(WhyInfeasible(Sparsified(Sparsity::WINDOW, 0)), "");
  EXPECT_NE(WhyInfeasible(Sparsified(Sparsity::WINDOW, .7)).find("no graph has K = 4"), std::string::npos);
  Attention first = Sparsified(Sparsity::TOP_K_PER_QUERY, .2);
  first.mutable_sparsity()->set_protect(Sparsity::FIRST_TOKEN);
  EXPECT_NE(WhyInfeasible(first).find("first token"), std::string::npos);
  first.mutable_balance()->set_sides(Balance::ROWS);
  EXPECT_EQ(WhyInfeasible(first), "");
}

// A decoder may take what a row alone decides.
TEST(Obstacles, FormsThatLookAtLaterQueriesAreRefusedInDecoders) {
  const auto obstacles = [](Balance::Form form, Balance::Sides sides, double share) {
    Attention trial = Sparsified(Sparsity::NONE, 0);
    trial.mutable_balance()->set_form(form);
    trial.mutable_balance()->set_sides(sides);
    trial.mutable_balance()->set_share(share);
    EXPECT_TRUE(Obstacles(trial, Kind::kEncoder).empty());
    return Obstacles(trial, Kind::kDecoder).size();
  };
  EXPECT_EQ(obstacles(Balance::EXPONENTIAL_EXTREMUM, Balance::ROWS_AND_COLUMNS, 1), 0u);
  EXPECT_EQ(obstacles(Balance::ORACLE_TOP_K, Balance::ROWS_AND_COLUMNS, 1), 0u);
  EXPECT_EQ(obstacles(Balance::ORACLE_TOP_K, Balance::ROWS_AND_COLUMNS, .5), 1u);
  EXPECT_EQ(obstacles(Balance::ORACLE_GRAPH, Balance::ROWS, 1), 1u);
  EXPECT_EQ(obstacles(Balance::PROJECTION, Balance::ROWS_AND_COLUMNS, 1), 1u);
  EXPECT_EQ(obstacles(Balance::PROJECTION, Balance::ROWS, 1), 0u);
}

}  // namespace
}  // namespace ablate::attention
