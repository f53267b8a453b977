// Attributions of a tiny encoder against their definitions: finite differences, loops in double, one token at a time.
#include "lib/attribution/attributions.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>

#include "lib/attribution/attention_rollout.h"
#include "lib/attribution/catalogue.h"
#include "lib/attribution/gradients.h"
#include "lib/attribution/value_zeroing.h"

namespace ablate::attribution {
namespace {

using at::Tensor;

constexpr int64_t kTokens = 6, kWidth = 8, kLayers = 2, kHeads = 2;
// A value of the forward pass is off by some ulp for each of its sums; states behind a norm are up to 3 large.
constexpr double kForwardError = 64 * std::numeric_limits<float>::epsilon();

models::Encoder MakeEncoder(const std::string& normalizer) {
  Trial trial;
  ::ablate::Encoder& encoder = *trial.mutable_model()->mutable_encoder();
  encoder.set_layers(kLayers);
  encoder.set_heads(kHeads);
  encoder.set_width(kWidth);
  encoder.set_dropout(0);
  trial.mutable_attention()->set_normalizer(normalizer);
  trial.mutable_attention()->set_alpha(1.5);
  models::Encoder made = *models::Encoder::Make({trial}, {/*vocabulary=*/11, /*max_tokens=*/9, /*classes=*/3});
  const at::NoGradGuard no_gradients;
  for (models::Parameter& parameter : made.parameters()) {
    // As drawn these have a deviation of 0.02: steps would be large beside them, and differences of logits drown in rounding.
    const bool small = parameter.kind == models::ParameterKind::kEmbedding || parameter.name.rfind("classifier", 0) == 0;
    if (small) parameter.value.mul_(25);
  }
  return made;
}

struct Example {
  explicit Example(const std::string& normalizer) : encoder(MakeEncoder(normalizer)) {
    tasks::Example example;
    example.tokens = {2, 7, 3, 10, 4, 5};
    example.second_start = 6;
    subject = std::make_unique<Subject>(MakeSubject(encoder, multipliers, example, 0, 1));
  }
  models::EncoderOutputs Forward(const Tensor& vectors = Tensor(), bool states = false) const {
    const at::NoGradGuard no_gradients;
    models::EncoderBatch batch = subject->batch;
    batch.word_vectors = vectors;
    batch.want_states = states;
    return *encoder.Forward(batch, multipliers, std::nullopt);
  }
  Tensor Vectors() const {
    const at::NoGradGuard no_gradients;
    return encoder.WordVectors(subject->batch.tokens);
  }
  double Logit(const Tensor& vectors, int64_t target) const { return Forward(vectors).logits.select(2, target).item<float>(); }

  models::Encoder encoder;
  std::vector<Tensor> multipliers;
  std::unique_ptr<Subject> subject;
};

// Central difference of f at 0 with the bound of its error: by steps h and 2 h the truncation (of which that of h is a
// quarter), and rounding.
struct Difference {
  double value, error;
};
Difference Differentiate(const std::function<double(double)>& f, double h) {
  const double near = (f(h) - f(-h)) / (2 * h), far = (f(2 * h) - f(-2 * h)) / (4 * h);
  return {near, std::abs(far - near) + kForwardError / h};
}

// Far from the kinks of sparse normalizers, but for bad luck.
constexpr double kStep = 1.0 / 256;

class OfNormalizer : public testing::TestWithParam<std::string> {};

TEST_P(OfNormalizer, WordVectorsInTheirPlaceChangeNothing) {
  const Example example(GetParam());
  EXPECT_TRUE(example.Forward().logits.equal(example.Forward(example.Vectors()).logits));
  models::EncoderBatch batch = example.subject->batch;
  batch.kept_values = at::ones({1, 1, kTokens});
  EXPECT_TRUE(example.Forward().logits.equal(example.encoder.Forward(batch, {}, std::nullopt)->logits));
}

TEST_P(OfNormalizer, GradientTimesInputIsADifferenceQuotient) {
  const Example example(GetParam());
  const Tensor vectors = example.Vectors();
  const auto values = GradientTimesInput(*example.subject, 1);
  ASSERT_TRUE(values.ok()) << values.status();
  ASSERT_EQ(values->size(), static_cast<size_t>(kTokens));
  double largest = 0;
  for (int64_t token = 0; token < kTokens; ++token) {
    const Difference difference = Differentiate(
        [&](double h) {
          Tensor moved = vectors.clone();
          moved.select(2, token).mul_(1 + h);
          return example.Logit(moved, 1);
        },
        kStep);
    EXPECT_NEAR((*values)[token], difference.value, difference.error) << token;
    largest = std::max(largest, std::abs((*values)[token]) / difference.error);
  }
  EXPECT_GT(largest, 10) << "differences this rough show nothing";
}

TEST_P(OfNormalizer, IntegratedGradientsSumToTheDifference) {
  const Example example(GetParam());
  const Tensor vectors = example.Vectors();
  const double difference = example.Logit(vectors, 2) - example.Logit(at::zeros_like(vectors), 2);
  const auto few = IntegrateGradients(*example.subject, 2, 8), many = IntegrateGradients(*example.subject, 2, 512);
  ASSERT_TRUE(few.ok() && many.ok());
  const double sum = std::accumulate(many->values.begin(), many->values.end(), 0.0);
  EXPECT_NEAR(many->completeness_gap, sum - difference, 1e-12);
  double all = 0;
  for (const double value : many->values) all += std::abs(value);
  EXPECT_LT(std::abs(many->completeness_gap), 0.01 * all);  // kinks: the rule's error falls with 1 / steps
  // By its definition, one point of the path at a time.
  Values mean(kTokens, 0);
  for (int i = 0; i < 8; ++i) {
    const double share = (i + .5) / 8;
    for (int64_t token = 0; token < kTokens; ++token) {
      const auto along = [&](double h) {
        Tensor moved = vectors * share;
        moved.select(2, token).add_(vectors.select(2, token), h);
        return example.Logit(moved, 2);
      };
      mean[token] += Differentiate(along, kStep).value / 8;
    }
  }
  // Differences across the kinks of sparse normalizers are off by what lies on one side; compared as a whole.
  double off = 0, size = 0;
  for (int64_t token = 0; token < kTokens; ++token) {
    off += std::abs(few->values[token] - mean[token]);
    size += std::abs(mean[token]);
  }
  EXPECT_LT(off, 0.05 * size);
}

TEST_P(OfNormalizer, TokenGradientsAreNormsOfTheJacobian) {
  const Example example(GetParam());
  const Tensor vectors = example.Vectors();
  const auto exact = TokenGradients(*example.subject, 0);
  ASSERT_TRUE(exact.ok()) << exact.status();
  Values squares(kTokens * kTokens, 0);
  for (int64_t from = 0; from < kTokens; ++from) {
    for (int64_t d = 0; d < kWidth; ++d) {
      const auto states = [&](double h) {
        Tensor moved = vectors.clone();
        moved.select(2, from).select(2, d).add_(h);
        return example.Forward(moved, true).states.to(at::kDouble);
      };
      const Tensor column = (states(kStep) - states(-kStep)) / (2 * kStep);  // [1, 1, n, width]
      for (int64_t to = 0; to < kTokens; ++to) {
        squares[to * kTokens + from] += column.select(2, to).square().sum().item<double>();
      }
    }
  }
  Values expected(squares.size());
  std::transform(squares.begin(), squares.end(), expected.begin(), [](double x) { return std::sqrt(x); });
  DivideRowsBySums(kTokens, expected);
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR((*exact)[i], expected[i], 0.02) << i;  // shares; truncation
  for (int64_t row = 0; row < kTokens; ++row) {
    EXPECT_NEAR(std::accumulate(exact->begin() + row * kTokens, exact->begin() + (row + 1) * kTokens, 0.0), 1, 1e-12);
  }
  // Estimates come near with more directions.
  const auto rough = TokenGradients(*example.subject, 4), fine = TokenGradients(*example.subject, 256);
  double rough_off = 0, fine_off = 0;
  for (size_t i = 0; i < exact->size(); ++i) {
    rough_off += std::abs((*rough)[i] - (*exact)[i]);
    fine_off += std::abs((*fine)[i] - (*exact)[i]);
  }
  EXPECT_LT(fine_off, rough_off);
  EXPECT_LT(fine_off / kTokens, 0.1);
}

TEST_P(OfNormalizer, RolloutIsAProductOfMeans) {
  const Example example(GetParam());
  const models::EncoderOutputs outputs = example.Forward();
  Values rolled(kTokens * kTokens, 0);
  for (int64_t i = 0; i < kTokens; ++i) rolled[i * kTokens + i] = 1;
  for (const attention::Outputs& layer : outputs.layers) {
    Values mixed(kTokens * kTokens, 0);
    for (int64_t i = 0; i < kTokens; ++i) {
      mixed[i * kTokens + i] = .5;
      for (int64_t head = 0; head < kHeads; ++head) {
        const Tensor row = layer.probabilities.select(0, 0).select(0, 0).select(0, head).select(0, i).to(at::kDouble);
        const double mass = row.sum().item<double>();
        for (int64_t j = 0; j < kTokens; ++j) {
          mixed[i * kTokens + j] += .5 / kHeads * row.select(0, j).item<double>() / mass;
        }
      }
    }
    rolled = Product(mixed, rolled, kTokens);
  }
  const Values values = AttentionRollout(outputs.layers);
  ASSERT_EQ(values.size(), rolled.size());
  for (size_t i = 0; i < rolled.size(); ++i) EXPECT_NEAR(values[i], rolled[i], 1e-14);
}

TEST_P(OfNormalizer, ValueZeroingIsOneTokenAtATime) {
  const Example example(GetParam());
  const auto layers = ValueZeroing(*example.subject);
  ASSERT_TRUE(layers.ok()) << layers.status();
  ASSERT_EQ(layers->size(), static_cast<size_t>(kLayers));
  const at::NoGradGuard no_gradients;
  const models::EncoderOutputs outputs = example.Forward();
  Tensor states = example.encoder.InputStates(example.subject->batch);
  for (int64_t layer = 0; layer < kLayers; ++layer) {
    const Tensor behind = *example.encoder.StatesBehind(layer, states, example.subject->batch, {});
    Values distances(kTokens * kTokens, 0);
    for (int64_t j = 0; j < kTokens; ++j) {
      models::EncoderBatch batch = example.subject->batch;
      batch.kept_values = at::ones({1, 1, kTokens});
      batch.kept_values.select(2, j).zero_();
      const Tensor without = *example.encoder.StatesBehind(layer, states, batch, {});
      for (int64_t i = 0; i < kTokens; ++i) {
        const Tensor a = without.select(1, i).to(at::kDouble).flatten(), b = behind.select(1, i).to(at::kDouble).flatten();
        const double cosine = (a * b).sum().item<double>() / a.norm().item<double>() / b.norm().item<double>();
        distances[i * kTokens + j] = 1 - cosine;
      }
    }
    const Tensor support = outputs.layers[layer].support;
    for (int64_t i = 0; i < kTokens; ++i) {
      const double sum = std::accumulate(distances.begin() + i * kTokens, distances.begin() + (i + 1) * kTokens, 0.0);
      for (int64_t j = 0; j < kTokens; ++j) {
        const double value = (*layers)[layer][i * kTokens + j];
        EXPECT_NEAR(value, distances[i * kTokens + j] / sum, 1e-9 / sum);  // 1 - cosine to 1e-15, and rows of small sums
        // What no head attends has no part in the token.
        const bool attended = support.select(3, i).select(3, j).any().item<bool>();
        EXPECT_TRUE(attended || value == 0) << layer << " " << i << " " << j;
      }
    }
    states = behind;
  }
  EXPECT_TRUE(states.view({1, 1, kTokens, kWidth}).equal(example.Forward(Tensor(), true).states));
  const Values rolled = RolledOut(*layers, kTokens);
  for (int64_t row = 0; row < kTokens; ++row) {
    EXPECT_NEAR(std::accumulate(rolled.begin() + row * kTokens, rolled.begin() + (row + 1) * kTokens, 0.0), 1, 1e-12);
  }
}

TEST_P(OfNormalizer, WithoutValuesATokenKnowsOfNoOther) {
  const Example example(GetParam());
  const at::NoGradGuard no_gradients;
  models::EncoderBatch batch = example.subject->batch;
  batch.kept_values = at::zeros({1, 1, kTokens});
  const Tensor before = *example.encoder.StatesBehind(0, example.encoder.InputStates(batch), batch, {});
  batch.tokens = batch.tokens.clone();
  batch.tokens.select(2, 3).fill_(1);
  const Tensor after = *example.encoder.StatesBehind(0, example.encoder.InputStates(batch), batch, {});
  for (int64_t i = 0; i < kTokens; ++i) EXPECT_EQ(before.select(1, i).equal(after.select(1, i)), i != 3) << i;
}

INSTANTIATE_TEST_SUITE_P(Some, OfNormalizer, testing::Values("entmax", "softmax", "sparsemax"),
                         [](const auto& info) { return info.param; });

TEST(Attributions, EveryNameOfTheCatalogueIsMade) {
  const Example example("sparsemax");
  const models::EncoderOutputs outputs = example.Forward();
  for (const Entry& entry : Catalogue()) {
    const auto map = Attribute({*example.subject, outputs, 0, 4}, entry.name);
    ASSERT_TRUE(map.ok()) << map.status();
    EXPECT_EQ(map->method(), entry.name);
    EXPECT_EQ(map->value_size(), entry.of == Of::kPrediction ? kTokens : kTokens * kTokens) << entry.name;
    EXPECT_EQ(map->has_completeness_gap(), entry.name == "integrated_gradients");
  }
  const auto other = Attribute({*example.subject, outputs, 0, 4}, "rollout");
  EXPECT_TRUE(absl::IsInvalidArgument(other.status()));
}

}  // namespace
}  // namespace ablate::attribution
