#include "lib/attention/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "lib/normalizers/reference/entmax_reference.h"
#include "lib/testing/tensor_comparison.h"
#include "tests/lib/attention/attention_cases.h"

namespace ablate::attention {
namespace {

using normalizers::EntmaxReference;
using testing::GradientError;
using testing::Near;
using testing::RandomTensor;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> Row(const at::Tensor& x) {
  const at::Tensor row = x.detach().to(at::kDouble).contiguous();
  return {row.const_data_ptr<double>(), row.const_data_ptr<double>() + row.numel()};
}

// What one query attends to, by loops in double. `kept`: of the valid keys' scores the highest, ties by key; all if negative.
std::vector<double> ReferenceProbabilities(const at::Tensor& query, const at::Tensor& keys, const at::Tensor& valid, double d,
                                           int64_t kept) {
  const std::vector<double> q = Row(query);
  std::vector<double> scores;
  for (int64_t key = 0; key < keys.size(0); ++key) {
    const std::vector<double> k = Row(keys[key]);
    double score = 0;
    for (size_t i = 0; i < q.size(); ++i) score += q[i] * k[i];
    scores.push_back(valid[key].item().toBool() ? score / std::sqrt(q.size()) : -kInfinity);
  }
  std::vector<double> remaining = scores;
  for (size_t key = 0; kept >= 0 && key < scores.size(); ++key) {
    int64_t above = 0;
    for (size_t other = 0; other < scores.size(); ++other) {
      above += scores[other] > scores[key] || (scores[other] == scores[key] && other < key);
    }
    if (above >= kept) remaining[key] = -kInfinity;
  }
  return EntmaxReference(remaining, d).p;
}

struct ReferenceCase {
  const char* name;
  Attention attention;
  double d;
  int64_t top_k;  // -1: none
};

// Scores in float are off by about D 2^-24 of their size (5): 2e-6, which p takes over with a factor of at most s <= 1.
TEST(Attention, AgreesWithLoopsInDouble) {
  const std::vector<ReferenceCase> cases = {{"softmax", Softmax(), 0, -1},
                                            {"sparsemax", Named("sparsemax"), 1, -1},
                                            {"entmax 1.5", Entmax(1.5), .5, -1},
                                            {"entmax 1.25", Entmax(1.25), .25, -1},
                                            {"top 3", TopK(3), 0, 3}};
  const Shape shape{1, 3, 2, 11, 8};
  for (const ReferenceCase& c : cases) {
    const Inputs inputs = RandomInputs(shape, 1);
    const Outputs outputs = Attend({c.attention}, inputs);
    for (int64_t b = 0; b < shape.examples; ++b) {
      for (int64_t h = 0; h < shape.heads; ++h) {
        for (int64_t q = 0; q < shape.tokens; ++q) {
          if (!inputs.query_valid[0][b][q].item().toBool()) continue;
          const std::vector<double> expected =
              ReferenceProbabilities(inputs.queries[0][b][h][q], inputs.keys[0][b][h], inputs.key_valid[0][b], c.d, c.top_k);
          const std::vector<double> p = Row(outputs.probabilities[0][b][h][q]), context = Row(outputs.context[0][b][h][q]);
          for (size_t k = 0; k < p.size(); ++k) ASSERT_NEAR(p[k], expected[k], 3e-6) << c.name;
          for (int64_t i = 0; i < shape.width; ++i) {
            double sum = 0;
            for (size_t k = 0; k < p.size(); ++k) sum += expected[k] * inputs.values[0][b][h][k][i].item().toDouble();
            ASSERT_NEAR(context[i], sum, 3e-5) << c.name;  // eleven values of up to 4
          }
        }
      }
    }
  }
}

TEST(Attention, PaddingGetsNothing) {
  for (const Attention& attention : {Softmax(), Named("sparsemax"), Entmax(1.3), TopK(4), Sparsified(Softmax(), .5)}) {
    const Shape shape{2, 4, 2, 9, 4};
    const Inputs inputs = RandomInputs(shape, 2);
    const Outputs outputs = Attend({attention, attention}, inputs);
    const at::Tensor padding =
        inputs.query_valid.unsqueeze(-1).logical_and(inputs.key_valid.unsqueeze(-2)).logical_not().unsqueeze(2);
    EXPECT_EQ(outputs.probabilities.mul(padding).ne(0).sum().item().toLong(), 0);
    EXPECT_EQ(outputs.support.logical_and(padding).sum().item().toLong(), 0);
    EXPECT_EQ(outputs.context.mul(inputs.query_valid.logical_not().unsqueeze(2).unsqueeze(-1)).ne(0).sum().item().toLong(), 0);
    EXPECT_FALSE(outputs.balance_loss.defined());
  }
}

// kept = clamp(ceil((1 - level) n - 1e-6), 1, n), here in whole numbers: level = hundredths / 100.
TEST(Attention, ImposedSparsityKeepsTheStatedNumber) {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    const Shape shape{1, 4, 2, static_cast<int64_t>(1 + random() % 40), 4};
    const int64_t hundredths = random() % 100;
    const Inputs inputs = RandomInputs(shape, random());
    const Outputs outputs = Attend({Sparsified(Softmax(), hundredths / 100.)}, inputs);
    for (int64_t b = 0; b < shape.examples; ++b) {
      const int64_t n = inputs.key_valid[0][b].sum().item().toLong();
      const int64_t kept = std::max<int64_t>(1, ((100 - hundredths) * n + 99) / 100);
      const at::Tensor valid_rows = outputs.support[0][b].sum(-1).narrow(-1, 0, n);
      EXPECT_TRUE(valid_rows.eq(kept).all().item().toBool()) << n << " keys, level " << hundredths / 100. << ": " << valid_rows;
    }
  }
}

TEST(Attention, ImposedSparsityKeepsTheHighestAndTheLowestOfTies) {
  Inputs inputs = RandomInputs({1, 1, 1, 10, 4}, 4);
  const at::Tensor p = Attend({Softmax()}, inputs).probabilities;
  const at::Tensor sparse = Attend({Sparsified(Softmax(), .7)}, inputs).probabilities;
  for (int64_t q = 0; q < 10; ++q) {
    const double smallest_kept = p[0][0][0][q].masked_select(sparse[0][0][0][q].gt(0)).min().item().toDouble();
    const double largest_removed = p[0][0][0][q].masked_select(sparse[0][0][0][q].eq(0)).max().item().toDouble();
    EXPECT_GT(smallest_kept, largest_removed);
  }
  inputs.queries.zero_();  // all scores are 0
  const at::Tensor tied = Attend({Sparsified(Softmax(), .7)}, inputs).probabilities;
  EXPECT_TRUE(tied.narrow(-1, 0, 3).gt(0).all().item().toBool());
  EXPECT_EQ(tied.narrow(-1, 3, 7).ne(0).sum().item().toLong(), 0);
}

TEST(Attention, GradientsByFiniteDifferences) {
  const Shape shape{1, 2, 2, 6, 4};
  for (const Attention& attention : {Softmax(), Named("sparsemax"), Entmax(1.4), TopK(3), Sparsified(Entmax(1.6), .5)}) {
    const Inputs inputs = RandomInputs(shape, 5, at::kDouble);
    const auto error_in = [&](at::Tensor Inputs::*field) {
      return GradientError(
          [&](const at::Tensor& x) {
            Inputs changed = inputs;
            changed.*field = x;
            return Attend({attention}, changed).context;
          },
          inputs.*field, 6);
    };
    EXPECT_LE(error_in(&Inputs::queries), 1e-8) << attention.ShortDebugString();
    EXPECT_LE(error_in(&Inputs::keys), 1e-8) << attention.ShortDebugString();
    EXPECT_LE(error_in(&Inputs::values), 1e-8) << attention.ShortDebugString();
  }
}

TEST(Attention, LearnedAlphaHasAGradientPerHead) {
  Inputs inputs = RandomInputs({2, 2, 3, 6, 4}, 7, at::kDouble);
  const auto function = [&](const at::Tensor& d) {
    Inputs changed = inputs;
    changed.alpha_minus_one = d;
    return Attend({Entmax(1.5, true), Entmax(1.5, true)}, changed).context;
  };
  EXPECT_LE(GradientError(function, at::full({2, 3}, .4, at::kDouble), 8, 1e-6), 1e-7);
}

TEST(Attention, SupportOnlyWhereWanted) {
  Inputs inputs = RandomInputs({2, 2, 1, 4, 4}, 15);
  inputs.want_support = false;
  EXPECT_FALSE(Attend({Softmax(), Named("sparsemax")}, inputs).support.defined());
}

struct Refusal {
  Attention attention;
  const char* message;
};

TEST(Attention, RefusesWhatItCannotDo) {
  Attention unspecified = Softmax();
  unspecified.mutable_sparsity()->set_structure(Sparsity::STRUCTURE_UNSPECIFIED);
  const std::vector<Refusal> refusals = {
      {Named("sotfmax"), "did you mean \"softmax\"?"},
      {Entmax(2.1), "alpha is 2.1; allowed is [1, 2]"},
      {TopK(0), "top_k is 0"},
      {Sparsified(Softmax(), 1), "level is 1; allowed is [0, 1)"},
      {unspecified, "no structure is set"},
      {Balanced(Softmax(), 4), "one of adaptive_scalable_entmax, entmax, sparsegen, sparsemax; \"softmax\" has none"},
      {Balanced(Entmax(1), 4), "entmax at alpha 1 is softmax and has none"},
  };
  for (const Refusal& refusal : refusals) {
    const absl::Status status = AttentionRule::Make({refusal.attention}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(status.message().find(refusal.message), std::string::npos) << status;
  }
  EXPECT_FALSE(AttentionRule::Make({}).ok());

  const AttentionRule rule = AttentionRule::Make({Entmax(1.5, true)}).value();
  Inputs inputs = RandomInputs({1, 2, 1, 4, 4}, 16);
  EXPECT_EQ(rule.Attend(inputs).status().message(), "alpha is learned, but alpha_minus_one is not given");
  inputs.key_valid = at::ones({1, 2, 5}, at::kBool);
  EXPECT_EQ(rule.Attend(inputs).status().message(), "key_valid is [1, 2, 5]; it must be [1, 2, 4]");
  inputs = RandomInputs({2, 2, 1, 4, 4}, 16);
  EXPECT_EQ(rule.Attend(inputs).status().message(), "queries is [2, 2, 1, 4, 4]; it must be [1, 2, 1, 4, 4]");
}

}  // namespace
}  // namespace ablate::attention
