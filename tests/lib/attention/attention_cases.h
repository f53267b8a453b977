// Settings and inputs that tests of attention share.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lib/attention/attention.h"
#include "lib/testing/tensor_comparison.h"

namespace ablate::attention {

inline Attention Softmax() { return Attention(); }

inline Attention Named(const std::string& normalizer) {
  Attention attention;
  attention.set_normalizer(normalizer);
  return attention;
}

inline Attention Entmax(double alpha, bool learned = false) {
  Attention attention = Named("entmax");
  attention.set_alpha(alpha);
  attention.set_alpha_learned(learned);
  return attention;
}

inline Attention TopK(int k) {
  Attention attention = Named("top_k_softmax");
  attention.set_top_k(k);
  return attention;
}

inline Attention Sparsified(Attention attention, double level) {
  attention.mutable_sparsity()->set_structure(Sparsity::TOP_K_PER_QUERY);
  attention.mutable_sparsity()->set_level(level);
  return attention;
}

inline Attention Balanced(Attention attention, int k, double weight = .1) {
  attention.mutable_balance()->set_k(k);
  attention.mutable_balance()->set_weight(weight);
  return attention;
}

struct Shape {
  int64_t trials, examples, heads, tokens, width;
};

// Self-attention on sentences of random lengths; the first is whole.
inline Inputs RandomInputs(const Shape& s, uint32_t seed, at::ScalarType type = at::kFloat) {
  Inputs inputs;
  const std::vector<int64_t> shape = {s.trials, s.examples, s.heads, s.tokens, s.width};
  inputs.queries = testing::RandomTensor(shape, seed, type);
  inputs.keys = testing::RandomTensor(shape, seed + 1, type);
  inputs.values = testing::RandomTensor(shape, seed + 2, type);
  std::mt19937 random(seed);
  inputs.key_valid = at::ones({s.trials, s.examples, s.tokens}, at::kBool);
  for (int64_t example = 1; example < s.examples; ++example) {
    const int64_t length = 1 + random() % s.tokens;
    inputs.key_valid.select(1, example).narrow(-1, length, s.tokens - length).fill_(false);
  }
  inputs.query_valid = inputs.key_valid;
  return inputs;
}

inline Outputs Attend(const std::vector<Attention>& trials, const Inputs& inputs) {
  auto rule = AttentionRule::Make(trials);
  EXPECT_TRUE(rule.ok()) << rule.status();
  auto outputs = rule->Attend(inputs);
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  return *std::move(outputs);
}

}  // namespace ablate::attention
