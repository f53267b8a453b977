// What every normalizer of the catalogue must do. A new one is covered by its line in the catalogue.
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "lib/normalizers/catalogue.h"
#include "lib/normalizers/normalizer.h"
#include "lib/testing/tensor_comparison.h"

namespace ablate::normalizers {
namespace {

using testing::GradientError;
using testing::Near;
using testing::RandomTensor;
using testing::SameBits;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// One setting of a normalizer: of its fields, values that have found errors.
struct Setting {
  std::string name;
  Attention attention;
};

bool Reads(const Entry& entry, const std::string& field) {
  return std::find(entry.reads.begin(), entry.reads.end(), field) != entry.reads.end();
}

std::vector<Setting> SettingsOf(const Entry& entry) {
  Attention plain;
  plain.set_normalizer(entry.name);
  std::vector<Setting> settings;
  if (Reads(entry, "alpha")) {
    for (double alpha : {1., 1.05, 1.3, 1.5, 1.8, 2.}) {
      settings.push_back({entry.name + "_alpha" + std::to_string(static_cast<int>(alpha * 100)), plain});
      settings.back().attention.set_alpha(alpha);
    }
  } else if (Reads(entry, "top_k")) {
    for (int k : {1, 3, 8192}) {
      settings.push_back({entry.name + "_k" + std::to_string(k), plain});
      settings.back().attention.set_top_k(k);
    }
  } else {
    settings.push_back({entry.name, plain});
  }
  return settings;
}

std::vector<Setting> AllSettings() {
  std::vector<Setting> all;
  for (const Entry& entry : Catalogue()) {
    for (Setting& setting : SettingsOf(entry)) all.push_back(setting);
  }
  return all;
}

Parameters ParametersOf(const std::vector<Attention>& settings, int64_t heads, at::ScalarType type = at::kFloat) {
  std::vector<double> d;
  for (const Attention& attention : settings) d.insert(d.end(), heads, attention.alpha() - 1);
  return {settings, at::tensor(d, at::kDouble).reshape({-1, heads}).to(type)};
}

class Conformance : public ::testing::TestWithParam<Setting> {
 protected:
  void SetUp() override { normalizer_ = MakeNormalizer(GetParam().attention.normalizer()).value(); }

  const Entry& entry() const {
    for (const Entry& entry : Catalogue()) {
      if (entry.name == GetParam().attention.normalizer()) return entry;
    }
    std::abort();
  }

  Parameters For(const at::Tensor& scores) const {
    return ParametersOf(std::vector<Attention>(scores.size(0), GetParam().attention), scores.size(2), scores.scalar_type());
  }

  at::Tensor Probabilities(const at::Tensor& scores) const { return normalizer_->Probabilities(scores, For(scores)); }

  // The gradient of sum(weights * probabilities) in the scores.
  at::Tensor Gradient(const at::Tensor& scores, const at::Tensor& weights) const {
    const at::Tensor leaf = scores.detach().clone().requires_grad_();
    normalizer_->Probabilities(leaf, For(leaf)).backward(weights);
    return leaf.grad();
  }

  std::unique_ptr<Normalizer> normalizer_;
};

// Half of the keys of each row masked at random, the first never; one row without keys.
at::Tensor MaskedScores(at::IntArrayRef shape, uint32_t seed) {
  at::Tensor scores = RandomTensor(shape, seed) * 2;
  at::Tensor masked = RandomTensor(shape, seed + 1).gt(0);
  masked.select(-1, 0).fill_(false);
  masked[0][0][0][0].fill_(true);
  return scores.masked_fill(masked, -kInfinity);
}

TEST_P(Conformance, RowsSumToOne) {
  for (int64_t keys : {1, 2, 17, 128, 1000}) {
    for (double scale : {0., 1e-3, 1., 30., 1e4, 1e30}) {
      const at::Tensor p = Probabilities(RandomTensor({1, 2, 2, 3, keys}, keys) * scale);
      EXPECT_TRUE(Near(p.to(at::kDouble).sum(-1), at::full({1, 2, 2, 3}, 1.), 2e-6)) << keys << " keys, scale " << scale;
      EXPECT_GE(p.min().item().toDouble(), 0);
    }
    const at::Tensor shifted = Probabilities(RandomTensor({1, 1, 2, 4, keys}, keys) + 1e4);
    EXPECT_TRUE(Near(shifted.to(at::kDouble).sum(-1), at::full({1, 1, 2, 4}, 1.), 2e-6)) << keys << " keys near 1e4";
  }
}

TEST_P(Conformance, MaskedIsExactlyZeroAndARowWithoutKeysIsZeros) {
  const at::Tensor scores = MaskedScores({1, 2, 2, 5, 33}, 1), masked = scores.eq(-kInfinity);
  const at::Tensor p = Probabilities(scores), gradient = Gradient(scores, RandomTensor(scores.sizes(), 3));
  EXPECT_EQ(p.masked_select(masked).ne(0).sum().item().toLong(), 0);
  EXPECT_EQ(gradient.masked_select(masked).ne(0).sum().item().toLong(), 0);
  EXPECT_EQ(gradient.isfinite().logical_not().sum().item().toLong(), 0);
  at::Tensor sums = at::full({1, 2, 2, 5}, 1.);
  sums[0][0][0][0] = 0;
  EXPECT_TRUE(Near(p.to(at::kDouble).sum(-1), sums, 2e-6));
}

TEST_P(Conformance, OnlyUnmaskedKeysMatter) {
  const at::Tensor scores = RandomTensor({1, 1, 2, 3, 20}, 4), nothing = at::full({1, 1, 2, 3, 13}, -kInfinity, at::kFloat);
  const at::Tensor padded = Probabilities(at::cat({scores, nothing}, -1)).narrow(-1, 0, 20);
  EXPECT_TRUE(SameBits(padded, Probabilities(scores)));
}

TEST_P(Conformance, EqualScoresInTheSupportShareEqually) {
  const at::Tensor p = Probabilities(at::full({1, 1, 1, 2, 24}, .7, at::kFloat));
  const double largest = p.max().item().toDouble();
  EXPECT_EQ(p.ne(0).logical_and(p.ne(largest)).sum().item().toLong(), 0);
  EXPECT_NEAR(largest, 2. / p.ne(0).sum().item().toLong(), 2e-7);
  EXPECT_GT(p[0][0][0][0][0].item().toDouble(), 0) << "ties go to the lowest key";
}

// Scores on a grid of 2^-8, moved by whole numbers, so that subtraction is exact: then the bits agree too.
TEST_P(Conformance, AShiftChangesNothing) {
  const at::Tensor scores = (RandomTensor({1, 2, 1, 4, 50}, 5) * 256).round() / 256;
  for (double shift : {-64., 3., 1024.}) EXPECT_TRUE(SameBits(Probabilities(scores), Probabilities(scores + shift))) << shift;
}

// Only the order of sums changes: twice the bound on p.
TEST_P(Conformance, PermutedKeysGivePermutedProbabilities) {
  const at::Tensor scores = RandomTensor({1, 2, 1, 4, 50}, 6) * 2;
  EXPECT_TRUE(Near(Probabilities(scores).flip(-1), Probabilities(scores.flip(-1)), 1e-6));
}

// Central differences of step 1e-5 are off by 1e-10 times the third derivative, which is below 1e2 for these rows.
TEST_P(Conformance, GradientInScores) {
  for (int64_t keys : {1, 2, 9, 40}) {
    const at::Tensor scores = RandomTensor({1, 2, 2, 2, keys}, 7 + keys, at::kDouble);
    const auto function = [&](const at::Tensor& x) { return Probabilities(x); };
    EXPECT_LE(GradientError(function, scores, keys, 1e-5), 1e-8) << keys << " keys";
  }
}

TEST_P(Conformance, GradientInAlpha) {
  const double alpha = GetParam().attention.alpha();
  if (!Reads(entry(), "alpha") || alpha == 1 || alpha == 2) GTEST_SKIP() << "no alpha inside (1, 2)";
  const at::Tensor scores = RandomTensor({1, 3, 4, 2, 30}, 8, at::kDouble);
  const auto function = [&](const at::Tensor& d) { return normalizer_->Probabilities(scores, {{GetParam().attention}, d}); };
  const at::Tensor d = at::full({1, 4}, alpha - 1, at::kDouble);
  EXPECT_LE(GradientError(function, d, 9, 1e-6), 1e-7);
}

TEST_P(Conformance, ScoresNeedNotBeContiguous) {
  const at::Tensor scores = RandomTensor({1, 2, 3, 20, 6}, 10).transpose(-1, -2), weights = RandomTensor({1, 2, 3, 6, 20}, 11);
  EXPECT_TRUE(SameBits(Probabilities(scores), Probabilities(scores.contiguous())));
  EXPECT_TRUE(SameBits(Gradient(scores, weights), Gradient(scores.contiguous(), weights)));
  const at::Tensor other = weights.transpose(1, 3).contiguous().transpose(1, 3);
  EXPECT_TRUE(SameBits(Gradient(scores.contiguous(), weights), Gradient(scores.contiguous(), other)));
}

// The middle one of five trials with other settings and scores beside it.
TEST_P(Conformance, ATrialHasItsBitsInAnyArray) {
  const std::vector<Setting> settings = SettingsOf(entry());
  std::vector<Attention> array;
  for (int i = 0; i < 5; ++i) array.push_back(settings[i % settings.size()].attention);
  array[2] = GetParam().attention;
  at::Tensor scores = MaskedScores({5, 3, 2, 7, 37}, 12);
  scores[1].fill_(std::numeric_limits<double>::quiet_NaN());
  const at::Tensor weights = RandomTensor(scores.sizes(), 13);
  const auto run = [&](int64_t begin, int64_t count) {
    const at::Tensor leaf = scores.narrow(0, begin, count).clone().requires_grad_();
    Parameters parameters = ParametersOf({array.begin() + begin, array.begin() + begin + count}, 2);
    parameters.alpha_minus_one.requires_grad_(Reads(entry(), "alpha"));
    const at::Tensor p = normalizer_->Probabilities(leaf, parameters);
    p.backward(weights.narrow(0, begin, count));
    return std::vector<at::Tensor>{p, leaf.grad(), parameters.alpha_minus_one.grad()};
  };
  const auto together = run(0, 5), alone = run(2, 1);
  for (size_t i = 0; i < alone.size(); ++i) {
    ASSERT_EQ(alone[i].defined(), together[i].defined());
    const at::Tensor part = alone[i].defined() ? together[i].narrow(0, 2, 1) : at::Tensor();
    EXPECT_TRUE(SameBits(alone[i], part)) << i;
  }
  EXPECT_TRUE(together[0][1].isnan().all().item().toBool()) << "a NaN must be seen";
  EXPECT_FALSE(together[0].narrow(0, 2, 3).isnan().any().item().toBool());
}

TEST_P(Conformance, ThreadsDoNotMatter) {
  const at::Tensor scores = RandomTensor({1, 8, 4, 40, 60}, 14), weights = RandomTensor(scores.sizes(), 15);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor p = Probabilities(scores), gradient = Gradient(scores, weights);
  at::set_num_threads(3);
  EXPECT_TRUE(SameBits(p, Probabilities(scores)));
  EXPECT_TRUE(SameBits(gradient, Gradient(scores, weights)));
  at::set_num_threads(threads);
}

TEST_P(Conformance, SupportIsDeclared) {
  const at::Tensor scores = MaskedScores({1, 2, 2, 5, 33}, 16) * 10, p = Probabilities(scores),
                   unmasked = scores.ne(-kInfinity);
  const at::Tensor support = normalizer_->Support(scores, p, For(scores));
  EXPECT_EQ(support.scalar_type(), at::kBool);
  EXPECT_EQ(p.gt(0).logical_and(support.logical_not()).sum().item().toLong(), 0) << "weight outside the support";
  EXPECT_EQ(support.logical_and(unmasked.logical_not()).sum().item().toLong(), 0) << "a masked key in the support";
  EXPECT_TRUE(entry().sparse || support.equal(unmasked));
}

TEST_P(Conformance, ThresholdCutsTheSupport) {
  const at::Tensor scores = MaskedScores({1, 2, 2, 6, 33}, 17).to(at::kDouble), p = Probabilities(scores);
  const auto threshold = normalizer_->Threshold(scores, p, For(scores));
  if (!entry().has_threshold) {
    EXPECT_EQ(threshold.status().code(), absl::StatusCode::kUnimplemented);
    return;
  }
  ASSERT_TRUE(threshold.ok()) << threshold.status();
  EXPECT_EQ(threshold->sizes(), at::IntArrayRef({1, 2, 2, 6, 1}));
  EXPECT_TRUE(scores.gt(*threshold).equal(normalizer_->Support(scores, p, For(scores))));
}

TEST_P(Conformance, ThresholdGradient) {
  if (!entry().has_threshold || GetParam().attention.alpha() == 1) GTEST_SKIP() << "no threshold";
  at::Tensor scores = RandomTensor({1, 2, 2, 3, 15}, 18, at::kDouble);
  scores[0][1][1][2].fill_(-kInfinity);  // finite differences of masked scores are 0 as well
  const auto in_scores = [&](const at::Tensor& x) { return normalizer_->Threshold(x, Probabilities(x), For(x)).value(); };
  EXPECT_LE(GradientError(in_scores, scores, 19, 1e-5), 1e-8);
  if (!Reads(entry(), "alpha") || GetParam().attention.alpha() == 2) return;
  const auto in_alpha = [&](const at::Tensor& d) {
    const Parameters parameters{{GetParam().attention}, d};
    return normalizer_->Threshold(scores, normalizer_->Probabilities(scores, parameters), parameters).value();
  };
  // The threshold moves like -1/d, whose third derivative is 6 / d^4: 24 rows, each off by 1e-12 / d^4, and by 1e-9 from
  // rounding.
  const double d = GetParam().attention.alpha() - 1;
  EXPECT_LE(GradientError(in_alpha, at::full({1, 2}, d, at::kDouble), 20, 1e-6), 24 * (1e-12 / (d * d * d * d) + 1e-9));
}

TEST_P(Conformance, AlphaOutsideItsRangeIsRefused) {
  if (!Reads(entry(), "alpha")) GTEST_SKIP() << "does not read alpha";
  const at::Tensor scores = RandomTensor({1, 1, 2, 3, 4}, 21);
  for (double d : {-1e-3, 1.001}) {
    const Parameters parameters{{GetParam().attention}, at::full({1, 2}, d, at::kFloat)};
    EXPECT_THROW(normalizer_->Probabilities(scores, parameters), c10::Error) << d;
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Conformance, ::testing::ValuesIn(AllSettings()),
                         [](const auto& info) { return info.param.name; });

TEST(Factory, MakesExactlyWhatTheCatalogueLists) {
  std::vector<std::string> names;
  for (const Entry& entry : Catalogue()) {
    names.push_back(entry.name);
    EXPECT_TRUE(MakeNormalizer(entry.name).ok()) << entry.name;
    EXPECT_FALSE(entry.summary.empty() || entry.paper.empty()) << entry.name;
    for (const std::string& field : entry.reads) {
      EXPECT_NE(Attention::descriptor()->FindFieldByName(field), nullptr) << entry.name << " reads " << field;
    }
  }
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  // The message lists what the factory can make.
  std::string all = names[0];
  for (size_t i = 1; i < names.size(); ++i) all += ", " + names[i];
  const absl::Status status = MakeNormalizer("sparsmax").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "no normalizer \"sparsmax\"; there are " + all + "; did you mean \"sparsemax\"?");
}

}  // namespace
}  // namespace ablate::normalizers
