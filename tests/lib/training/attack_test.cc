// HotFlip on a small encoder with random weights, against slopes of the loss that are measured.
#include "lib/training/attack.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "lib/models/layers.h"

namespace ablate::training {
namespace {

constexpr int32_t kVocabulary = 24, kFirstWord = 4, kFirstInner = 20;

class Attack : public testing::Test {
 protected:
  Attack() {
    std::vector<std::string> pieces = {"[PAD]", "[UNK]", "[CLS]", "[SEP]"};
    while (static_cast<int32_t>(pieces.size()) < kFirstInner) pieces.push_back("word");
    while (static_cast<int32_t>(pieces.size()) < kVocabulary) pieces.push_back("##piece");
    kinds_ = KindsOf(pieces);
    Trial trial;
    trial.mutable_model()->mutable_encoder()->set_layers(2);
    trial.mutable_model()->mutable_encoder()->set_heads(2);
    trial.mutable_model()->mutable_encoder()->set_width(16);
    trial.set_seed(3);
    auto encoder = models::Encoder::Make({trial}, {kVocabulary, 8, 2});
    EXPECT_TRUE(encoder.ok()) << encoder.status();
    encoder_.emplace(*std::move(encoder));
    example_.tokens = {2, 5, 9, 21, 7, 3};  // [CLS] word word ##piece word [SEP]
    example_.second_start = 6;
    example_.label = Classify(example_);
  }

  // Loss with the word's vector moved by `share` of the way to another's.
  double Loss(const tasks::Example& example, size_t place = 0, int32_t towards = 0, double share = 0) const {
    const at::NoGradGuard no_gradients;
    models::EncoderBatch batch = BatchOf(example);
    batch.word_vectors = encoder_->WordVectors(batch.tokens).contiguous().clone();
    const at::Tensor other = encoder_->WordVectors(at::tensor({int64_t{towards}}).reshape({1, 1, 1})).flatten();
    const at::Tensor own = batch.word_vectors.select(2, static_cast<int64_t>(place));
    own.copy_(own + (other - own.flatten()) * share);
    const auto outputs = encoder_->Forward(batch, {}, std::nullopt);
    EXPECT_TRUE(outputs.ok()) << outputs.status();
    const at::Tensor label = at::tensor({int64_t{example.label}}).reshape({1, 1});
    return models::CrossEntropy(outputs->logits, label).item<double>();
  }

  int32_t Classify(const tasks::Example& example) const {
    const at::NoGradGuard no_gradients;
    return static_cast<int32_t>(encoder_->Forward(BatchOf(example), {}, std::nullopt)->logits.argmax(-1).item<int64_t>());
  }

  static models::EncoderBatch BatchOf(const tasks::Example& example) {
    models::EncoderBatch batch;
    const std::vector<int64_t> tokens(example.tokens.begin(), example.tokens.end());
    batch.tokens = at::tensor(tokens).reshape({1, 1, -1});
    batch.valid = batch.tokens.ge(0);
    batch.places = {{0}};
    return batch;
  }

  tasks::Example Attacked(const tasks::Example& example, int64_t words) const {
    auto attacked = training::Attacked(example, words, kinds_, *encoder_, {}, 1);
    EXPECT_TRUE(attacked.ok()) << attacked.status();
    return *attacked;
  }

  std::vector<TokenKind> kinds_;
  std::optional<models::Encoder> encoder_;
  tasks::Example example_;
};

TEST_F(Attack, TakesTheSteepestSubstitution) {
  constexpr double kStep = 1e-2;  // of the way: central differences are right to about its square
  size_t steepest_place = 0;
  int32_t steepest_token = 0;
  double steepest = 0;
  for (const size_t place : {size_t{1}, size_t{4}}) {  // the words of one token
    for (int32_t token = kFirstWord; token < kFirstInner; ++token) {
      const double slope = (Loss(example_, place, token, kStep) - Loss(example_, place, token, -kStep)) / (2 * kStep);
      if (slope > steepest) steepest = slope, steepest_place = place, steepest_token = token;
    }
  }
  tasks::Example expected = example_;
  expected.tokens[steepest_place] = steepest_token;
  EXPECT_EQ(Attacked(example_, 1).tokens, expected.tokens);
}

TEST_F(Attack, ReplacesEachWordOnceAndNothingElse) {
  const tasks::Example attacked = Attacked(example_, 16);
  for (const size_t place : {size_t{0}, size_t{2}, size_t{3}, size_t{5}}) {
    EXPECT_EQ(attacked.tokens[place], example_.tokens[place]) << place;
  }
  for (const size_t place : {size_t{1}, size_t{4}}) EXPECT_EQ(kinds_[attacked.tokens[place]], TokenKind::kWord) << place;
  EXPECT_GT(Loss(attacked), Loss(example_));
}

TEST_F(Attack, WhatIsWrongAlreadyStays) {
  tasks::Example wrong = example_;
  wrong.label = 1 - wrong.label;
  EXPECT_EQ(Attacked(wrong, 4).tokens, wrong.tokens);
  EXPECT_EQ(Attacked(example_, 0).tokens, example_.tokens);
}

}  // namespace
}  // namespace ablate::training
