#include "lib/attention/regular_maps.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "lib/attention/attention.h"
#include "lib/normalizers/normalizer.h"
#include "lib/testing/tensor_comparison.h"
#include "tests/lib/attention/attention_cases.h"

namespace ablate::attention {
namespace {

using testing::RandomTensor;
using testing::SameBits;

Attention Formed(Attention attention, int k, Balance::Form form) {
  attention.mutable_balance()->set_k(k);
  attention.mutable_balance()->set_form(form);
  return attention;
}

Attention Sparsegen(double lambda) {
  Attention attention = Named("sparsegen");
  attention.set_sparsegen_lambda(lambda);
  return attention;
}

// Rows and columns of sentences of `lengths` tokens whose degrees are not `target` of their length.
template <class Target>
int64_t Wrong(const at::Tensor& support, int64_t dim, const std::vector<int64_t>& lengths, Target target) {
  int64_t wrong = 0;
  const at::Tensor degrees = support.sum(dim);  // [T, B, H, tokens]
  for (size_t b = 0; b < lengths.size(); ++b) {
    wrong += degrees.select(1, b).narrow(-1, 0, lengths[b]).ne(target(lengths[b])).sum().item().toLong();
  }
  return wrong;
}

Inputs Sentences(int64_t trials, const std::vector<int64_t>& lengths, double spread) {
  Inputs inputs = RandomInputs({trials, static_cast<int64_t>(lengths.size()), 2, 20, 6}, 3);
  inputs.queries = inputs.queries * spread;
  inputs.key_valid.fill_(true);
  for (size_t b = 0; b < lengths.size(); ++b) {
    inputs.key_valid.select(1, b).narrow(-1, lengths[b], 20 - lengths[b]).fill_(false);
  }
  inputs.query_valid = inputs.key_valid;
  return inputs;
}

// Nearly dense scores, and scores of which sparsemax would keep one key a row.
TEST(RegularMaps, FormsByConstructionAreExactUnderEveryNormalizerWithAThreshold) {
  const std::vector<int64_t> lengths = {20, 13, 5, 3, 1};
  const auto target = [](int64_t tokens) { return std::min<int64_t>(tokens, 4); };
  for (const double spread : {.05, 1., 8.}) {
    for (const Attention& normalizer : {Named("sparsemax"), Entmax(1.5), Entmax(1.2), Sparsegen(.5), Sparsegen(-3)}) {
      for (const Balance::Form form : {Balance::ORACLE_TOP_K, Balance::ORACLE_GRAPH, Balance::PROJECTION}) {
        const Outputs outputs = Attend({Formed(normalizer, 4, form)}, Sentences(1, lengths, spread));
        const std::string what = normalizer.ShortDebugString() + " " + Balance::Form_Name(form) + std::to_string(spread);
        EXPECT_EQ(Wrong(outputs.support, -1, lengths, target), 0) << what;
        const int64_t columns = Wrong(outputs.support, -2, lengths, target);
        if (form == Balance::ORACLE_TOP_K) {
          EXPECT_GT(columns, 0) << what;
        } else {
          EXPECT_EQ(columns, 0) << what;
        }
        const at::Tensor sums = outputs.probabilities.sum(-1).masked_select(
            Sentences(1, lengths, spread).query_valid.unsqueeze(2).expand({1, 5, 2, 20}));
        EXPECT_LT((sums - 1).abs().max().item().toDouble(), 2e-6) << what;
      }
    }
  }
}

TEST(RegularMaps, ScoresThatAreRegularAlreadyAreLeftByTheOracles) {
  at::Tensor scores = at::full({1, 1, 1, 6, 6}, -5., at::kFloat);
  for (int64_t i = 0; i < 6; ++i) {
    for (const int64_t j : {i, (i + 1) % 6}) scores.select(3, i).select(3, j).fill_(.1 * static_cast<double>(j == i));
  }
  const std::vector<Attention> settings = {Formed(Named("sparsemax"), 2, Balance::ORACLE_GRAPH)};
  const at::Tensor made = RegularScores(scores, at::full({1, 1}, 2, at::kLong), at::Tensor(), settings, false);
  EXPECT_TRUE(SameBits(made.masked_select(scores.gt(-1)), scores.masked_select(scores.gt(-1))));
  EXPECT_EQ(made.eq(-std::numeric_limits<double>::infinity()).sum().item().toLong(), 24);
}

// epsilon is the share of 1 / K that the lowest of a query's K keys gets at least.
TEST(RegularMaps, OraclesFlattenNoFurtherThanEpsilonAsks) {
  for (const double epsilon : {.1, .4, .9}) {
    Attention settings = Formed(Named("sparsemax"), 4, Balance::ORACLE_GRAPH);
    settings.mutable_balance()->set_epsilon(epsilon);
    const Outputs outputs = Attend({settings}, Sentences(1, {20}, 8));
    const at::Tensor lowest =
        outputs.probabilities.masked_fill(outputs.support.logical_not(), 1.).amin(-1).masked_select(outputs.support.any(-1));
    // Rows that were too steep, which all but few are, end up there exactly; the others above.
    EXPECT_GE(lowest.min().item().toDouble(), epsilon / 4 - 1e-5);
    EXPECT_LT(lowest.median().item().toDouble(), epsilon / 4 + 1e-5);
  }
}

at::Tensor GradientOf(const Attention& settings, const at::Tensor& scores) {
  const at::Tensor leaf = scores.detach().clone().requires_grad_();
  Inputs inputs = Sentences(1, {20, 7}, 1);
  inputs.queries = leaf;
  const Outputs outputs = Attend({settings}, inputs);
  outputs.context.mul(RandomTensor(outputs.context.sizes().vec(), 9)).sum().backward();
  return leaf.grad();
}

TEST(RegularMaps, StraightThroughHasTheGradientOfTheNormalizerAlone) {
  const at::Tensor queries = Sentences(1, {20, 7}, 1).queries;
  const at::Tensor plain = GradientOf(Named("sparsemax"), queries);
  for (const Balance::Form form : {Balance::ORACLE_TOP_K, Balance::ORACLE_GRAPH, Balance::PROJECTION}) {
    Attention settings = Formed(Named("sparsemax"), 4, form);
    EXPECT_FALSE(testing::Near(GradientOf(settings, queries), plain, 1e-4));
    settings.mutable_balance()->set_gradient(Sparsity::STRAIGHT_THROUGH);
    EXPECT_TRUE(testing::Near(GradientOf(settings, queries), plain, 1e-5));
  }
}

// A row's result depends on its map, and on nothing beside it.
TEST(RegularMaps, ATrialHasTheSameBitsAloneAndInAnArray) {
  const std::vector<int64_t> lengths = {20, 11, 2};
  const std::vector<Attention> trials = {Formed(Named("sparsemax"), 3, Balance::PROJECTION),
                                         Formed(Named("sparsemax"), 6, Balance::PROJECTION),
                                         Formed(Named("sparsemax"), 2, Balance::PROJECTION)};
  const Inputs inputs = Sentences(3, lengths, 1);
  const Outputs together = Attend(trials, inputs);
  for (int64_t t = 0; t < 3; ++t) {
    Inputs own = inputs;
    for (at::Tensor* x : {&own.queries, &own.keys, &own.values, &own.query_valid, &own.key_valid}) *x = x->narrow(0, t, 1);
    const Outputs alone = Attend({trials[t]}, own);
    EXPECT_TRUE(SameBits(alone.probabilities, together.probabilities.narrow(0, t, 1)));
    EXPECT_TRUE(SameBits(alone.context, together.context.narrow(0, t, 1)));
  }
}

TEST(RegularMaps, NanIsNotHidden) {
  for (const Balance::Form form : {Balance::ORACLE_TOP_K, Balance::ORACLE_GRAPH, Balance::PROJECTION}) {
    Inputs inputs = Sentences(1, {20, 7}, 1);
    inputs.queries.select(1, 0).select(2, 3).fill_(std::numeric_limits<float>::quiet_NaN());
    const Outputs outputs = Attend({Formed(Named("sparsemax"), 4, form)}, inputs);
    EXPECT_TRUE(outputs.context.select(1, 0).select(2, 3).isnan().all().item().toBool()) << Balance::Form_Name(form);
    EXPECT_FALSE(outputs.context.select(1, 1).isnan().any().item().toBool()) << Balance::Form_Name(form);
  }
}

TEST(RegularMaps, EvaluationProjectsWhereThatIsAskedFor) {
  Attention settings = Formed(Named("sparsemax"), 4, Balance::EXPONENTIAL_EXTREMUM);
  settings.mutable_balance()->set_project_evaluation(true);
  const std::vector<int64_t> lengths = {20, 13};
  Inputs inputs = Sentences(1, lengths, 1);
  const auto target = [](int64_t) { return 4; };
  for (const bool training : {true, false}) {
    inputs.moment.training = training;
    const Outputs outputs = Attend({settings}, inputs);
    EXPECT_EQ(Wrong(outputs.support, -2, lengths, target) == 0, !training);
    EXPECT_EQ(Wrong(outputs.support, -1, lengths, target) == 0, !training);
    EXPECT_GT(outputs.balance_loss.item().toDouble(), 0) << "of the scores as they were";
  }
}

// Share of n, and the way there from all keys.
TEST(RegularMaps, TargetsFollowShareAndRamp) {
  Attention settings = Formed(Named("sparsemax"), 20, Balance::PROJECTION);
  settings.mutable_balance()->set_share(.25);
  settings.mutable_balance()->set_k_ramp_share(.5);
  const std::vector<int64_t> lengths = {20, 10, 1};
  Inputs inputs = Sentences(1, lengths, 1);
  const auto wrong = [&](double progress, const std::vector<int64_t>& degrees) {
    inputs.moment.progress = progress;
    const auto target = [&](int64_t tokens) { return degrees[tokens == 20 ? 0 : tokens == 10 ? 1 : 2]; };
    const Outputs outputs = Attend({settings}, inputs);
    return Wrong(outputs.support, -1, lengths, target) + Wrong(outputs.support, -2, lengths, target);
  };
  EXPECT_EQ(wrong(1, {5, 3, 1}), 0);  // 2.5 rounds up
  EXPECT_EQ(wrong(.5, {5, 3, 1}), 0);
  EXPECT_EQ(wrong(.2, {14, 7, 1}), 0);  // two fifths of the way: 20 - 6, and 10 - 3 of 2.8
  EXPECT_EQ(wrong(0, {20, 10, 1}), 0);
}

}  // namespace
}  // namespace ablate::attention
