// The forms of balance beside EXPONENTIAL_EXTREMUM, against their definitions by loops, and how multipliers move.
#include "lib/attention/balance_forms.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <vector>

#include "lib/attention/balance_loss.h"
#include "lib/attention/balance_multipliers.h"
#include "lib/attention/regular_maps.h"
#include "lib/base/target_degree.h"
#include "lib/normalizers/normalizer.h"
#include "lib/testing/tensor_comparison.h"

namespace ablate::attention {
namespace {

using testing::GradientError;
using testing::RandomTensor;
using testing::SameBits;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int64_t kTokens = 9, kHeads = 2;

Attention Formed(Balance::Form form, int k) {
  Attention attention;
  attention.set_normalizer("sparsemax");
  attention.mutable_balance()->set_k(k);
  attention.mutable_balance()->set_form(form);
  attention.mutable_balance()->set_weight(.7);
  attention.mutable_balance()->set_rho(1.3);
  return attention;
}

// Scores [G, B, H, n, n] of sentences whose lengths differ: the rest is masked.
at::Tensor PaddedScores(int64_t trials, const std::vector<int64_t>& lengths, uint32_t seed) {
  at::Tensor scores = RandomTensor({trials, static_cast<int64_t>(lengths.size()), kHeads, kTokens, kTokens}, seed, at::kDouble);
  for (size_t b = 0; b < lengths.size(); ++b) {
    at::Tensor example = scores.select(1, b);
    example.narrow(-1, lengths[b], kTokens - lengths[b]).fill_(-kInfinity);
    example.narrow(-2, lengths[b], kTokens - lengths[b]).fill_(-kInfinity);
  }
  return scores;
}

BalanceInputs InputsOf(const at::Tensor& scores, const std::vector<Attention>& settings, const at::Tensor& multipliers = {}) {
  const auto normalizer = normalizers::MakeNormalizer("sparsemax").value();
  const at::Tensor p = normalizer->Probabilities(scores, {});
  std::vector<int64_t> targets;
  for (const Attention& trial : settings) targets.push_back(trial.balance().k());
  return {scores, normalizer->Threshold(scores, p, {}).value(), p, at::tensor(targets).unsqueeze(1).repeat({1, scores.size(1)}),
          multipliers};
}

double At(const at::Tensor& x, const std::vector<int64_t>& place) {
  at::Tensor at = x;
  for (const int64_t i : place) at = at.select(0, i);
  return at.item().toDouble();
}

// The sum over the constraints of one map's rows or columns, and their number, by a function of the entries' places.
struct Sum {
  double value = 0;
  int64_t count = 0;
};

TEST(BalanceForms, PenaltyIsHalfRhoTimesTheSquaresOfWhatIsViolated) {
  const std::vector<int64_t> lengths = {9, 5, 2};
  const std::vector<Attention> settings = {Formed(Balance::PENALTY, 3)};
  const at::Tensor scores = PaddedScores(1, lengths, 1);
  const BalanceInputs inputs = InputsOf(scores, settings);
  const Balance& b = settings[0].balance();
  Sum sum;
  const auto add = [&](double g) { sum.value += b.rho() / 2 * std::pow(std::max(0., g), 2), ++sum.count; };
  for (size_t e = 0; e < lengths.size(); ++e) {
    for (int64_t h = 0; h < kHeads; ++h) {
      for (const bool rows : {true, false}) {
        for (int64_t i = 0; i < lengths[e]; ++i) {
          std::vector<double> margins;
          for (int64_t j = 0; j < lengths[e]; ++j) {
            const int64_t q = rows ? i : j, k = rows ? j : i, example = static_cast<int64_t>(e);
            margins.push_back(At(scores, {0, example, h, q, k}) - At(inputs.thresholds, {0, example, h, q, 0}));
          }
          std::sort(margins.begin(), margins.end(), std::greater<>());
          const int64_t target = std::min<int64_t>(3, lengths[e]);
          add(b.epsilon() - target * margins[target - 1]);
          if (target < lengths[e]) add(b.epsilon() + target * margins[target]);
        }
      }
    }
  }
  EXPECT_NEAR(BalanceLoss(inputs, settings).loss.item().toDouble(), b.weight() * sum.value / sum.count, 1e-12);
}

TEST(BalanceForms, CountIsAQuadraticAugmentedLagrangianOfSoftDegrees) {
  const std::vector<int64_t> lengths = {9, 5, 2};
  std::vector<Attention> settings = {Formed(Balance::EXPONENTIAL_COUNT, 3)};
  settings[0].mutable_balance()->set_sharpness(7);
  const at::Tensor lambda = RandomTensor({1, kHeads, 4}, 5, at::kDouble), scores = PaddedScores(1, lengths, 1);
  const BalanceInputs inputs = InputsOf(scores, settings, lambda);
  const Balance& b = settings[0].balance();
  Sum sum;
  std::vector<double> excess(kHeads * 2, 0);
  for (size_t e = 0; e < lengths.size(); ++e) {
    for (int64_t h = 0; h < kHeads; ++h) {
      for (const bool rows : {true, false}) {
        for (int64_t i = 0; i < lengths[e]; ++i) {
          double degree = 0;
          for (int64_t j = 0; j < lengths[e]; ++j) {
            degree += 1 - std::exp(-7 * At(inputs.probabilities, {0, static_cast<int64_t>(e), h, rows ? i : j, rows ? j : i}));
          }
          const double target = std::min<int64_t>(3, lengths[e]), g = degree / target - 1;
          sum.value += At(lambda, {0, h, rows ? 0 : 2}) * g + b.rho() / 2 * g * g;
          ++sum.count;
          excess[2 * h + (rows ? 0 : 1)] += g / 16;  // rows of all sentences
        }
      }
    }
  }
  const BalanceTerm term = BalanceLoss(inputs, settings);
  EXPECT_NEAR(term.loss.item().toDouble(), b.weight() * sum.value / sum.count, 1e-12);
  for (int64_t h = 0; h < kHeads; ++h) {
    EXPECT_NEAR(At(term.violations, {0, h, 0}), excess[2 * h], 1e-12);
    EXPECT_NEAR(At(term.violations, {0, h, 2}), excess[2 * h + 1], 1e-12);
    EXPECT_EQ(At(term.violations, {0, h, 1}), 0);
  }
}

TEST(BalanceForms, NearestGraphWantsMarginsOfAllPairsOnTheRightSide) {
  const std::vector<int64_t> lengths = {9, 5, 2};
  const std::vector<Attention> settings = {Formed(Balance::NEAREST_GRAPH, 3)};
  const at::Tensor scores = PaddedScores(1, lengths, 1), mu = RandomTensor({1, kHeads, 4}, 6, at::kDouble).exp();
  const BalanceInputs inputs = InputsOf(scores, settings, mu);
  const at::Tensor graph = FindRegularMaps(scores, inputs.targets, {true, 0, true}).graph;
  const Balance& b = settings[0].balance();
  Sum sum;
  for (size_t e = 0; e < lengths.size(); ++e) {
    for (int64_t i = 0; i < kHeads * lengths[e] * lengths[e]; ++i) {
      const int64_t n = lengths[e], h = i / (n * n), q = i / n % n, k = i % n, example = static_cast<int64_t>(e);
      const bool inside = graph[0][example][h][q][k].item().toBool();
      const double m = At(scores, {0, example, h, q, k}) - At(inputs.thresholds, {0, example, h, q, 0});
      const double x = b.rho() * (b.epsilon() + (inside ? -m : m) * std::min<int64_t>(3, n));
      const double y = std::max(0., x - 1);
      sum.value += At(mu, {0, h, inside ? 0 : 1}) / b.rho() * (std::exp(std::min(x, 1.)) - 1 + std::exp(1.) * (y + y * y / 2));
      sum.count += inside;
    }
  }
  EXPECT_EQ(sum.count, graph.sum().item().toLong());
  EXPECT_NEAR(BalanceLoss(inputs, settings).loss.item().toDouble(), b.weight() * sum.value / sum.count, 1e-11);
}

// Steps of 1e-6, as for EXPONENTIAL_EXTREMUM: kinks are not that near.
TEST(BalanceForms, GradientsByFiniteDifferences) {
  for (const Balance::Form form : {Balance::PENALTY, Balance::EXPONENTIAL_COUNT, Balance::NEAREST_GRAPH}) {
    for (const Balance::Sides sides : {Balance::ROWS_AND_COLUMNS, Balance::ROWS}) {
      std::vector<Attention> settings = {Formed(form, 2), Formed(form, 4)};
      for (Attention& trial : settings) trial.mutable_balance()->set_sides(sides);
      const auto function = [&](const at::Tensor& scores) { return BalanceLoss(InputsOf(scores, settings), settings).loss; };
      EXPECT_LE(GradientError(function, RandomTensor({2, 2, 1, 6, 6}, 3, at::kDouble), 4, 1e-6), 1e-6)
          << Balance::Form_Name(form);
    }
  }
}

struct Regularity {
  double rows, columns;  // shares of exactly K
};

// What gradient descent (Adam) on the scores alone gets to in 300 steps: 20 tokens, K = 4, from large scores (few keys a row).
Regularity Driven(const Attention& settings) {
  at::Tensor scores = RandomTensor({1, 2, 2, 20, 20}, 11) * 5, mu = StartMultipliers({settings}, 2);
  at::Tensor mean = at::zeros_like(scores), square = at::zeros_like(scores);
  for (int step = 1; step <= 300; ++step) {
    const double rate = .3 * (1 + std::cos(M_PI * step / 300)) / 2;
    const at::Tensor leaf = scores.detach().clone().requires_grad_();
    const BalanceTerm term = BalanceLoss(InputsOf(leaf, {settings}, mu), {settings});
    term.loss.sum().backward();
    at::NoGradGuard guard;
    mean = mean * .9 + leaf.grad() * .1;
    square = square * .99 + leaf.grad() * leaf.grad() * .01;
    scores = scores - rate * mean / (1 - std::pow(.9, step)) / ((square / (1 - std::pow(.99, step))).sqrt() + 1e-12);
    mu = UpdateMultipliers(mu, term.violations, {settings}, 1);
  }
  const at::Tensor support = InputsOf(scores, {settings}).probabilities.gt(0);
  const auto share = [&](int64_t dim) { return support.sum(dim).eq(4).to(at::kDouble).mean().item().toDouble(); };
  return {share(-1), share(-2)};
}

TEST(BalanceForms, LossesDriveScoresToKRegularity) {
  const auto expect = [](Balance::Form form, double epsilon, double rho, double least) {
    Attention settings = Formed(form, 4);
    settings.mutable_balance()->set_epsilon(epsilon);
    settings.mutable_balance()->set_rho(rho);
    const Regularity reached = Driven(settings);
    std::printf("%s epsilon %g rho %g: rows %.3f, columns %.3f\n", Balance::Form_Name(form).c_str(), epsilon, rho, reached.rows,
                reached.columns);
    EXPECT_GT(reached.rows, least) << Balance::Form_Name(form);
    EXPECT_GT(reached.columns, least) << Balance::Form_Name(form);
  };
  expect(Balance::PENALTY, .4, 1, .6);  // .88, .78
  expect(Balance::NEAREST_GRAPH, .4, 1, .95);  // 1, 1: no pair is asked for by a row and forbidden by its column
  expect(Balance::NEAREST_GRAPH, .8, 4, .95);
}

TEST(BalanceForms, OfRowsAloneColumnsHaveNoViolation) {
  for (const Balance::Form form : {Balance::EXPONENTIAL_EXTREMUM, Balance::EXPONENTIAL_COUNT}) {
    std::vector<Attention> settings = {Formed(form, 3)};
    settings[0].mutable_balance()->set_sides(Balance::ROWS);
    const BalanceTerm term = BalanceLoss(InputsOf(PaddedScores(1, {9, 4}, 2), settings), settings);
    EXPECT_EQ(term.violations.narrow(-1, 2, 2).abs().sum().item().toDouble(), 0);
    EXPECT_NE(term.violations.select(-1, 0).abs().sum().item().toDouble(), 0);
  }
}

// With the same multiplier everywhere it doesn't matter how many there are; means over places are those over all rows.
TEST(BalanceForms, MultipliersPerRelativeRowAreReadWhereTheRowLies) {
  for (const Balance::Form form : {Balance::EXPONENTIAL_EXTREMUM, Balance::NEAREST_GRAPH}) {
    std::vector<Attention> settings = {Formed(form, 3)};
    const at::Tensor scores = PaddedScores(1, {8, 8}, 3), shared = RandomTensor({1, kHeads, 4}, 6, at::kDouble).exp();
    const at::Tensor per_row = shared.unsqueeze(2).repeat({1, 1, kRelativeRows, 1});
    const BalanceTerm one = BalanceLoss(InputsOf(scores, settings, shared), settings);
    const BalanceTerm many = BalanceLoss(InputsOf(scores, settings, per_row), settings);
    EXPECT_NEAR(one.loss.item().toDouble(), many.loss.item().toDouble(), 1e-12);
    ASSERT_EQ(many.violations.sizes(), per_row.sizes());
    // Eight rows lie in the even ones of sixteen places.
    EXPECT_TRUE(testing::Near(many.violations.sum(2) / 8, one.violations, 1e-12));
    at::Tensor third = per_row.clone();
    third.select(2, 4).mul_(3);
    EXPECT_GT(std::fabs(BalanceLoss(InputsOf(scores, settings, third), settings).loss.item().toDouble() -
                        many.loss.item().toDouble()),
              1e-3);
    third = per_row.clone();
    third.select(2, 5).mul_(3);
    EXPECT_EQ(BalanceLoss(InputsOf(scores, settings, third), settings).loss.item().toDouble(), many.loss.item().toDouble());
  }
}

TEST(BalanceMultipliers, StartAndMoveAsTheirFormSays) {
  std::vector<Attention> trials = {Formed(Balance::EXPONENTIAL_EXTREMUM, 2), Formed(Balance::EXPONENTIAL_COUNT, 2),
                                   Formed(Balance::NEAREST_GRAPH, 2), Attention()};
  trials[2].mutable_balance()->set_multipliers(Balance::CONSTANT);
  trials[1].mutable_balance()->set_rho_growth(4);
  at::Tensor mu = StartMultipliers(trials, 1);
  EXPECT_TRUE(testing::Near(mu.select(-1, 0).flatten(), at::tensor({1.f, 0.f, 1.f, 1.f}), 0));
  const at::Tensor violations = at::ones({4, 1, 4}) * at::tensor({1.f, -1.f, .5f, 0.f});
  for (int step = 0; step < 10; ++step) mu = UpdateMultipliers(mu, violations, trials, .5);
  const auto row = [&](int64_t t) { return mu.select(0, t).flatten(); };
  EXPECT_TRUE(testing::Near(row(0), at::tensor({1.04f, 1 / 1.04f, std::sqrt(1.04f), 1.f}), 1e-6));
  const float added = 10 * .04f * 1.3f * 2;  // rho grows fourfold, and half of that by half of the steps
  EXPECT_TRUE(testing::Near(row(1), at::tensor({added, -added, added / 2, 0.f}), 1e-5));
  EXPECT_TRUE(SameBits(row(2), at::ones({4})));
  EXPECT_TRUE(SameBits(row(3), at::ones({4})));
  for (int step = 0; step < 1000; ++step) mu = UpdateMultipliers(mu, violations * 10, trials, .5);
  EXPECT_TRUE(testing::Near(row(0), at::tensor({10.f, 1e-3f, 10.f, 1.f}), 1e-6));
  EXPECT_TRUE(testing::Near(row(1), at::tensor({10.f, -10.f, 10.f, 0.f}), 0));
}

TEST(BalanceForms, TargetsAreClampedToTheSentence) {
  EXPECT_EQ(TargetDegree(0, 1, 20), 0);
  EXPECT_EQ(TargetDegree(4, 1, 20), 4);
  EXPECT_EQ(TargetDegree(4, 1, 3), 3);
  EXPECT_EQ(TargetDegree(4, 1, 0), 0);
  EXPECT_EQ(TargetDegree(64, .25, 20), 5);
  EXPECT_EQ(TargetDegree(64, .25, 10), 3);  // 2.5
  EXPECT_EQ(TargetDegree(64, .25, 1), 1);
  EXPECT_EQ(TargetDegree(3, .25, 40), 3);
}

TEST(BalanceForms, WeightWarmsUpAndRhoGrows) {
  Balance balance;
  balance.set_weight(2);
  EXPECT_EQ(WeightAt(balance, 0), 2);
  EXPECT_EQ(RhoAt(balance, .3), .5);
  balance.set_warmup_share(.5);
  balance.set_rho_growth(16);
  EXPECT_EQ(WeightAt(balance, .25), 1);
  EXPECT_EQ(WeightAt(balance, .75), 2);
  EXPECT_NEAR(RhoAt(balance, .5), 2, 1e-12);
}

}  // namespace
}  // namespace ablate::attention
