// Small networks that write sequences, and batches for them, for tests.
#pragma once

#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/models/network.h"

namespace ablate::models {

constexpr int64_t kExamples = 3, kSource = 7, kTarget = 5, kWidth = 12, kHeads = 3, kVocabulary = 11;

inline NetworkShape ShapeOf(const Trial& trial) {
  NetworkShape shape;
  shape.vocabulary = kVocabulary;
  shape.max_tokens = 24;
  if (trial.model().has_sequence_to_sequence()) shape.max_target_tokens = 12;
  return shape;
}

inline Trial SequenceToSequenceTrial(const std::string& normalizer, uint64_t seed, double dropout = 0) {
  Trial trial;
  ::ablate::SequenceToSequence& model = *trial.mutable_model()->mutable_sequence_to_sequence();
  model.set_encoder_layers(2);
  model.set_decoder_layers(2);
  model.set_heads(kHeads);
  model.set_width(kWidth);
  model.set_dropout(dropout);
  trial.mutable_attention()->set_normalizer(normalizer);
  trial.set_seed(seed);
  return trial;
}

inline Trial DecoderTrial(const std::string& normalizer, uint64_t seed, double dropout = 0) {
  Trial trial;
  ::ablate::Decoder& model = *trial.mutable_model()->mutable_decoder();
  model.set_layers(2);
  model.set_heads(kHeads);
  model.set_width(kWidth);
  model.set_dropout(dropout);
  trial.mutable_attention()->set_normalizer(normalizer);
  trial.set_seed(seed);
  return trial;
}

inline std::unique_ptr<Network> MakeNetwork(const std::vector<Trial>& trials) {
  auto network = Network::Make(trials, ShapeOf(trials[0]));
  EXPECT_TRUE(network.ok()) << network.status();
  return *std::move(network);
}

// [T, B, length] tokens, the same for every trial.
inline at::Tensor TokensOf(int64_t trials, int64_t length, int64_t factor) {
  const at::Tensor tokens = (at::arange(kExamples * length, at::kLong) * factor).remainder(kVocabulary);
  return tokens.view({1, kExamples, length}).expand({trials, kExamples, length}).contiguous();
}

// Example b has b tokens less than the longest.
inline at::Tensor ValidOf(int64_t trials, int64_t length) {
  const at::Tensor lengths = length - at::arange(kExamples, at::kLong).unsqueeze(1);
  const at::Tensor valid = at::arange(length, at::kLong).unsqueeze(0).lt(lengths).unsqueeze(0);
  return valid.expand({trials, kExamples, length}).contiguous();
}

inline Batch BatchFor(int64_t trials) {
  Batch batch;
  batch.tokens = TokensOf(trials, kSource, 7);
  batch.valid = ValidOf(trials, kSource);
  batch.target = TokensOf(trials, kTarget, 5);
  batch.target_valid = ValidOf(trials, kTarget);
  batch.places = std::vector<std::vector<int64_t>>(trials, {17, 4, 250});
  return batch;
}

inline TrainingStep StepFor(size_t trials) { return {3, std::vector<std::vector<int64_t>>(trials, {17, 4, 250})}; }

}  // namespace ablate::models
