// What the weights of every normalizer of the catalogue must be.
#include "tests/lib/normalizers/conformance.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "lib/normalizers/reference/normalizer_references.h"
#include "lib/testing/tensor_comparison.h"

namespace ablate::normalizers {
namespace {

using testing::Near;
using testing::RandomTensor;
using testing::SameBits;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// That rows with keys sum to what the catalogue says, to the bound on a row's sum.
void ExpectSums(const Entry& entry, const at::Tensor& p, const std::string& what) {
  const at::Tensor sums = p.to(at::kDouble).sum(-1);
  EXPECT_GE(p.min().item().toDouble(), 0) << what;
  if (entry.row_sum == RowSum::kOne) {
    EXPECT_TRUE(Near(sums, at::full(sums.sizes(), 1.), 2e-6)) << what;
  } else {
    EXPECT_LE(sums.max().item().toDouble(), entry.row_sum == RowSum::kAtMostOne ? 1 + 2e-6 : kInfinity) << what;
    EXPECT_FALSE(sums.isnan().any().item().toBool()) << what;
  }
}

TEST_P(Conformance, RowsSumToWhatTheCatalogueSays) {
  for (int64_t keys : {1, 2, 17, 128, 1000, 8192}) {
    for (double scale : {0., 1e-3, 1., 30., 1e4, 1e30}) {
      if (entry().couples_rows && scale > 1e4) continue;  // a row's weights hang on differences between other rows' scores
      const at::Tensor p = Probabilities(RandomTensor({1, 2, 2, keys > 1000 ? 1 : 3, keys}, keys) * scale);
      ExpectSums(entry(), p, std::to_string(keys) + " keys, scale " + std::to_string(scale));
    }
    ExpectSums(entry(), Probabilities(RandomTensor({1, 1, 2, 4, keys}, keys) + 1e4), std::to_string(keys) + " keys near 1e4");
  }
}

// A catalogue that claims too little would leave the test above without force.
TEST_P(Conformance, RowsThatMayNotSumToOneDoNot) {
  if (entry().row_sum == RowSum::kOne) GTEST_SKIP() << "rows sum to one";
  const at::Tensor sums = Probabilities(RandomTensor({1, 2, 2, 3, 17}, 31)).to(at::kDouble).sum(-1);
  EXPECT_GT((sums - 1).abs().max().item().toDouble(), 1e-3);
}

TEST_P(Conformance, MaskedIsExactlyZeroAndARowWithoutKeysIsZeros) {
  const at::Tensor scores = MaskedScores({1, 2, 2, 5, 33}, 1), masked = scores.eq(-kInfinity);
  const at::Tensor p = Probabilities(scores), gradient = Gradient(scores, RandomTensor(scores.sizes(), 3));
  EXPECT_EQ(p.masked_select(masked).ne(0).sum().item().toLong(), 0);
  EXPECT_EQ(gradient.masked_select(masked).ne(0).sum().item().toLong(), 0);
  EXPECT_EQ(gradient.isfinite().logical_not().sum().item().toLong(), 0);
  EXPECT_EQ(gradient.ne(0).any().item().toBool(), p.gt(0).logical_and(p.ne(1)).any().item().toBool());
  ExpectSums(entry(), p.select(2, 1), "rows with keys");
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
  EXPECT_GT(p[0][0][0][0][0].item().toDouble(), 0) << "ties go to the lowest key";
  if (entry().row_sum == RowSum::kOne) {
    EXPECT_NEAR(largest, 2. / p.ne(0).sum().item().toLong(), 2e-7);
  }
}

// Scores on a grid of 2^-8, moved by whole numbers, so that subtraction is exact: then the bits agree too, unless scores are
// multiplied first. In double a product of size 1e4 is rounded by 1e-12, and weights move by no more.
TEST_P(Conformance, AShiftChangesNothing) {
  const at::Tensor scores = (RandomTensor({1, 2, 1, 4, 50}, 5) * 256).round() / 256, exact = scores.to(at::kDouble);
  for (double shift : {-64., 3., 1024.}) {
    const bool near = static_cast<bool>(Near(Probabilities(exact), Probabilities(exact + shift), 1e-11));
    EXPECT_EQ(near, entry().shift_invariant) << shift;
    if (!entry().shift_invariant || Scales(entry())) continue;
    EXPECT_TRUE(SameBits(Probabilities(scores), Probabilities(scores + shift))) << shift;
  }
}

// Only the order of sums changes: twice the bound on p.
TEST_P(Conformance, PermutedKeysGivePermutedProbabilities) {
  const at::Tensor scores = RandomTensor({1, 2, 1, 4, 50}, 6) * 2;
  EXPECT_TRUE(Near(Probabilities(scores).flip(-1), Probabilities(scores.flip(-1)), 1e-6));
}

// The rows of scores [1, B, H, Q, K] as the reference has them.
at::Tensor Reference(const Attention& attention, const at::Tensor& scores) {
  const at::Tensor exact = scores.to(at::kDouble).contiguous(), result = at::full(scores.sizes(), 0., at::kDouble);
  const Parameters parameters = ParametersOf({attention}, scores.size(2), at::kDouble);
  const at::Tensor inputs = InputsOf(scores).to(at::kDouble);
  const auto rows_of = [](const at::Tensor& matrix) {
    ReferenceRows rows;
    const at::Tensor own = matrix.contiguous();
    for (int64_t i = 0; i < own.size(0); ++i) {
      const double* row = own.const_data_ptr<double>() + i * own.size(1);
      rows.emplace_back(row, row + own.size(1));
    }
    return rows;
  };
  for (int64_t example = 0; example < scores.size(1); ++example) {
    for (int64_t head = 0; head < scores.size(2); ++head) {
      ReferenceHead of_head{attention, 0, {}};
      if (parameters.alpha_minus_one.defined()) of_head.alpha_minus_one = parameters.alpha_minus_one[0][head].item().toDouble();
      for (const auto& [name, value] : parameters.learned) of_head.learned[name] = rows_of(value[0][head].reshape({1, -1}))[0];
      const at::Tensor counts = scores.ne(-kInfinity)[0][example].any(0).sum(-1).contiguous();  // [Q], over heads
      const std::vector<int64_t> keys(counts.const_data_ptr<int64_t>(), counts.const_data_ptr<int64_t>() + counts.numel());
      const ReferenceRows rows =
          ReferenceProbabilities(of_head, rows_of(exact[0][example][head]), rows_of(inputs[0][example]), keys);
      EXPECT_EQ(static_cast<int64_t>(rows.size()), scores.size(3)) << "no reference for " << attention.normalizer();
      for (size_t q = 0; q < rows.size(); ++q) {
        std::copy(rows[q].begin(), rows[q].end(), result[0][example][head][q].mutable_data_ptr<double>());
      }
    }
  }
  return result;
}

// Scores that are multiplied, by at most 10 in these settings, are rounded by 2^-24 twice, and weights move by no more; in
// double 1e-12 holds beside that.
TEST_P(Conformance, EqualsTheReference) {
  for (int64_t keys : {1, 2, 17, 200, 8192}) {
    for (double size : {0., 1., 6., 1e4}) {
      if (keys > 1000 && size < 1) continue;
      if (entry().couples_rows && size > 6) continue;  // the reference knows no logarithms
      const bool few = keys > 1000;
      const at::Tensor scores =
          MaskedScores({1, few ? 1 : 2, 2, few ? 2 : 5, keys}, 40) * std::max(size, .5) + (size == 0) * 100;
      const double rounding =
          Scales(entry()) ? 10 * scores.masked_fill(scores.eq(-kInfinity), 0).abs().max().item().toDouble() : 0;
      const at::Tensor exact = Reference(GetParam().attention, scores);
      EXPECT_TRUE(Near(Probabilities(scores.to(at::kDouble)), exact, 1e-12 + 0x1p-51 * rounding))
          << keys << " keys of " << size;
      if (rounding < 1e4) {
        EXPECT_TRUE(Near(Probabilities(scores), exact, 5e-7 + 0x1p-23 * rounding)) << keys << " keys of " << size;
      }
    }
  }
}

TEST_P(Conformance, ScoresNeedNotBeContiguous) {
  const at::Tensor scores = RandomTensor({1, 2, 3, 20, 6}, 10).transpose(-1, -2), weights = RandomTensor({1, 2, 3, 6, 20}, 11);
  EXPECT_TRUE(SameBits(Probabilities(scores), Probabilities(scores.contiguous())));
  EXPECT_TRUE(SameBits(Gradient(scores, weights), Gradient(scores.contiguous(), weights)));
  const at::Tensor other = weights.transpose(1, 3).contiguous().transpose(1, 3);
  EXPECT_TRUE(SameBits(Gradient(scores.contiguous(), weights), Gradient(scores.contiguous(), other)));
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
  const at::Tensor scores = MaskedScores({1, 2, 2, 5, 33}, 16) * 10, unmasked = scores.ne(-kInfinity);
  const at::Tensor p = normalizer_->Probabilities(scores, For(scores));
  const at::Tensor support = normalizer_->Support(scores, p, For(scores));
  EXPECT_EQ(support.scalar_type(), at::kBool);
  EXPECT_EQ(p.gt(0).logical_and(support.logical_not()).sum().item().toLong(), 0) << "weight outside the support";
  EXPECT_EQ(support.logical_and(unmasked.logical_not()).sum().item().toLong(), 0) << "a masked key in the support";
  EXPECT_TRUE(entry().sparse || support.equal(unmasked));
}

TEST_P(Conformance, ThresholdCutsTheSupport) {
  const at::Tensor scores = MaskedScores({1, 2, 2, 6, 33}, 17).to(at::kDouble);
  const at::Tensor p = normalizer_->Probabilities(scores, For(scores));
  const auto threshold = normalizer_->Threshold(scores, p, For(scores));
  if (!entry().has_threshold) {
    EXPECT_EQ(threshold.status().code(), absl::StatusCode::kUnimplemented);
    return;
  }
  ASSERT_TRUE(threshold.ok()) << threshold.status();
  EXPECT_EQ(threshold->sizes(), at::IntArrayRef({1, 2, 2, 6, 1}));
  EXPECT_TRUE(scores.gt(*threshold).equal(normalizer_->Support(scores, p, For(scores))));
}

TEST_P(Conformance, AlphaOutsideItsRangeIsRefused) {
  if (!Reads(entry().name, "alpha")) GTEST_SKIP() << "does not read alpha";
  const at::Tensor scores = RandomTensor({1, 1, 2, 3, 4}, 21);
  for (double d : {-1e-3, 1.001}) {
    Parameters parameters = For(scores);
    parameters.alpha_minus_one = at::full({1, 2}, d, at::kFloat);
    try {
      Weights(*normalizer_, scores, parameters, InputsOf(scores));
      FAIL() << d;
    } catch (const c10::Error& error) {
      EXPECT_NE(std::string(error.what()).find("allowed is [1, 2]"), std::string::npos) << error.what();
    }
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
    for (const LearnedParameter& learned : entry.learns) {
      EXPECT_TRUE(learned.start_field.empty() || Reads(entry.name, learned.start_field)) << learned.name;
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
