#include "lib/attention/balance_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "lib/attention/balance_multipliers.h"
#include "lib/normalizers/normalizer.h"
#include "lib/testing/tensor_comparison.h"

namespace ablate::attention {
namespace {

using testing::GradientError;
using testing::Near;
using testing::RandomTensor;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Attention Sparsemax(int k, double weight = 1, double epsilon = .4, double rho = .5) {
  Attention attention;
  attention.set_normalizer("sparsemax");
  attention.mutable_balance()->set_k(k);
  attention.mutable_balance()->set_weight(weight);
  attention.mutable_balance()->set_epsilon(epsilon);
  attention.mutable_balance()->set_rho(rho);
  return attention;
}

struct Normalized {
  at::Tensor probabilities, thresholds;
};

Normalized Normalize(const at::Tensor& scores) {
  const auto normalizer = normalizers::MakeNormalizer("sparsemax").value();
  const at::Tensor p = normalizer->Probabilities(scores, {});
  return {p, normalizer->Threshold(scores, p, {}).value()};
}

BalanceInputs InputsOf(const at::Tensor& scores, const at::Tensor& multipliers, const std::vector<Attention>& settings) {
  const Normalized normalized = Normalize(scores);
  std::vector<int64_t> targets;
  for (const Attention& trial : settings) targets.push_back(trial.balance().k());
  return {scores, normalized.thresholds, normalized.probabilities, at::tensor(targets).unsqueeze(1).repeat({1, scores.size(1)}),
          multipliers};
}

BalanceTerm Loss(const at::Tensor& scores, const at::Tensor& multipliers, const std::vector<Attention>& settings) {
  return BalanceLoss(InputsOf(scores, multipliers, settings), settings);
}

// Scores [G, B, H, n, n] of sentences whose lengths differ: the rest is masked in rows and columns.
at::Tensor PaddedScores(int64_t trials, const std::vector<int64_t>& lengths, int64_t heads, int64_t n, uint32_t seed) {
  at::Tensor scores = RandomTensor({trials, static_cast<int64_t>(lengths.size()), heads, n, n}, seed, at::kDouble);
  for (size_t b = 0; b < lengths.size(); ++b) {
    at::Tensor example = scores.select(1, b);
    example.narrow(-1, lengths[b], n - lengths[b]).fill_(-kInfinity);
    example.narrow(-2, lengths[b], n - lengths[b]).fill_(-kInfinity);
  }
  return scores;
}

double Psi(double x) {
  if (x <= 1) return std::exp(x) - 1;
  const double y = x - 1;
  return std::exp(1) * (1 + y + y * y / 2) - 1;
}

// One trial by loops, from the definition.
struct Reference {
  double sum = 0;
  int64_t count = 0;
  std::vector<double> violation = std::vector<double>(4), constraints = std::vector<double>(4);

  void Add(std::vector<double> margins, const Balance& balance, const double* mu, int kind) {
    margins.erase(std::remove(margins.begin(), margins.end(), -kInfinity), margins.end());
    std::sort(margins.begin(), margins.end(), std::greater<double>());
    const int64_t n = margins.size(), k = std::min<int64_t>(balance.k(), n);
    if (n > 0) AddOne(balance.epsilon() - k * margins[k - 1], balance, mu, kind);
    if (n > k) AddOne(balance.epsilon() + k * margins[k], balance, mu, kind + 1);
  }

  void AddOne(double g, const Balance& balance, const double* mu, int kind) {
    sum += mu[kind] / balance.rho() * Psi(balance.rho() * g);
    ++count;
    violation[kind] += std::clamp(balance.rho() * g, -1., 1.);
    ++constraints[kind];
  }
};

TEST(BalanceLoss, AgreesWithItsDefinition) {
  const int64_t n = 9, heads = 2;
  const std::vector<int64_t> lengths = {9, 5, 1, 3};
  const std::vector<Attention> settings = {Sparsemax(3, .7), Sparsemax(20, 2, .9, 3), Sparsemax(1, 1, .1, 50)};
  const at::Tensor scores = PaddedScores(3, lengths, heads, n, 1), mu = RandomTensor({3, heads, 4}, 2, at::kDouble).exp();
  const at::Tensor thresholds = Normalize(scores).thresholds;
  const BalanceTerm term = Loss(scores, mu, settings);
  for (size_t trial = 0; trial < settings.size(); ++trial) {
    const Balance& balance = settings[trial].balance();
    double sum = 0;
    int64_t count = 0;
    for (int64_t h = 0; h < heads; ++h) {
      Reference head;
      const at::Tensor head_mu = mu[trial][h].contiguous();
      for (size_t b = 0; b < lengths.size(); ++b) {
        const auto margin = [&](int64_t q, int64_t k) {
          return (scores[trial][b][h][q][k] - thresholds[trial][b][h][q][0]).item().toDouble();
        };
        for (int64_t i = 0; i < n; ++i) {
          std::vector<double> row, column;
          for (int64_t j = 0; j < n; ++j) row.push_back(margin(i, j)), column.push_back(margin(j, i));
          head.Add(row, balance, head_mu.const_data_ptr<double>(), 0);
          head.Add(column, balance, head_mu.const_data_ptr<double>(), 2);
        }
      }
      sum += head.sum, count += head.count;
      for (int kind = 0; kind < 4; ++kind) {
        const double mean = head.violation[kind] / std::max(1., head.constraints[kind]);
        EXPECT_NEAR(term.violations[trial][h][kind].item().toDouble(), mean, 1e-12) << kind;
      }
    }
    const double expected = balance.weight() * sum / count;
    EXPECT_NEAR(term.loss[trial].item().toDouble(), expected, 1e-12 * std::fabs(expected));
  }
}

// Steps of 1e-6: the loss has kinks where ranks or the support change, which these scores do not have that near.
TEST(BalanceLoss, GradientByFiniteDifferences) {
  const std::vector<Attention> settings = {Sparsemax(2), Sparsemax(4, .5, .2, 4)};
  const auto function = [&](const at::Tensor& scores) { return Loss(scores, at::Tensor(), settings).loss; };
  EXPECT_LE(GradientError(function, RandomTensor({2, 2, 1, 6, 6}, 3, at::kDouble), 4, 1e-6), 1e-7);
  EXPECT_LE(GradientError(function, RandomTensor({2, 2, 1, 6, 6}, 5, at::kDouble) * 20, 6, 1e-6), 1e-6 * 400);
}

TEST(BalanceLoss, MaskedAndEmptyRowsHaveNoGradient) {
  const at::Tensor scores = PaddedScores(1, {6, 2, 0}, 1, 6, 7), leaf = scores.detach().clone().requires_grad_();
  Loss(leaf, at::Tensor(), {Sparsemax(2)}).loss.sum().backward();
  EXPECT_TRUE(leaf.grad().isfinite().all().item().toBool());
  EXPECT_EQ(leaf.grad().masked_select(scores.eq(-kInfinity)).ne(0).sum().item().toLong(), 0);
  EXPECT_GT(leaf.grad().abs().sum().item().toDouble(), 0);
}

TEST(BalanceLoss, OfNothingIsZero) {
  const at::Tensor scores = PaddedScores(1, {0}, 1, 4, 8);
  const BalanceTerm term = Loss(scores, at::Tensor(), {Sparsemax(2)});
  EXPECT_EQ(term.loss.item().toDouble(), 0);
  EXPECT_EQ(term.violations.abs().sum().item().toDouble(), 0);
}

struct Regularity {
  double rows, columns;  // shares of exactly K
};

Regularity Measure(const at::Tensor& scores, int64_t k) {
  const at::Tensor support = Normalize(scores).probabilities.gt(0);
  return {support.sum(-1).eq(k).to(at::kDouble).mean().item().toDouble(),
          support.sum(-2).eq(k).to(at::kDouble).mean().item().toDouble()};
}

// Gradient descent on the scores alone; 24 tokens, K = 6; from small scores (dense rows) and large ones (few keys a row). It
// gets to 70-88 % of rows and columns, with more steps to 89 %.
TEST(BalanceLoss, DrivesAttentionToKRegularity) {
  for (double scale : {.3, 10.}) {
    const int64_t k = 6;
    const std::vector<Attention> settings = {Sparsemax(k)};
    at::Tensor scores = RandomTensor({1, 2, 2, 24, 24}, 11) * scale, mu = at::ones({1, 2, 4});
    at::Tensor mean = at::zeros_like(scores), square = at::zeros_like(scores);
    const Regularity before = Measure(scores, k);
    for (int step = 1; step <= 500; ++step) {
      const double rate = .3 * (1 + std::cos(M_PI * step / 500)) / 2;
      const at::Tensor leaf = scores.detach().clone().requires_grad_();
      const BalanceTerm term = Loss(leaf, mu, settings);
      term.loss.sum().backward();
      at::NoGradGuard guard;  // Adam
      mean = mean * .9 + leaf.grad() * .1;
      square = square * .99 + leaf.grad() * leaf.grad() * .01;
      scores = scores - rate * mean / (1 - std::pow(.9, step)) / ((square / (1 - std::pow(.99, step))).sqrt() + 1e-12);
      mu = UpdateMultipliers(mu, term.violations, settings, 1);
    }
    const Regularity after = Measure(scores, k);
    std::printf("scale %g: rows %.3f -> %.3f, columns %.3f -> %.3f\n", scale, before.rows, after.rows, before.columns,
                after.columns);
    EXPECT_LT(std::max(before.rows, before.columns), .3);
    EXPECT_GT(after.rows, .6);
    EXPECT_GT(after.columns, .6);
  }
}

}  // namespace
}  // namespace ablate::attention
