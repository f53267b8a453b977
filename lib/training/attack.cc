#include "lib/training/attack.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/base/status_macros.h"
#include "lib/models/layers.h"
#include "lib/training/batch.h"

namespace ablate::training {
namespace {

using at::Tensor;

struct Substitution {
  size_t place = 0;
  int32_t token = 0;
};

// Words of one token.
std::vector<char> MayBeReplaced(const std::vector<int32_t>& tokens, const std::vector<TokenKind>& kinds) {
  std::vector<char> may(tokens.size(), 0);
  for (size_t i = 0; i < tokens.size(); ++i) {
    const bool goes_on = i + 1 < tokens.size() && kinds[tokens[i + 1]] == TokenKind::kInner;
    may[i] = kinds[tokens[i]] == TokenKind::kWord && !goes_on;
  }
  return may;
}

// The most promising one; none where the example is classified wrongly already, or where no substitution promises anything.
absl::StatusOr<std::optional<Substitution>> Best(const tasks::Example& example, const std::vector<char>& may,
                                                 const std::vector<TokenKind>& kinds, const models::Encoder& encoder,
                                                 const std::vector<Tensor>& multipliers, double progress) {
  const at::AutoGradMode gradients(true);
  const at::Device device = encoder.parameters()[0].value.device();
  LabelledBatch batch =
      MakeBatch({example}, {{0}}, {static_cast<int64_t>(example.tokens.size()), 0}, Layout::kClassified, device);
  models::EncoderBatch inputs;
  inputs.tokens = batch.inputs.tokens;
  inputs.valid = batch.inputs.valid;
  inputs.token_types = batch.inputs.token_types;
  inputs.places = {{0}};
  inputs.progress = progress;
  inputs.word_vectors = encoder.WordVectors(inputs.tokens).detach().requires_grad_(true);
  ASSIGN_OR_RETURN(const models::EncoderOutputs outputs, encoder.Forward(inputs, multipliers, std::nullopt));
  if (outputs.logits.argmax(-1).item<int64_t>() != example.label) return std::optional<Substitution>();
  const Tensor loss = models::CrossEntropy(outputs.logits, batch.labels);
  const Tensor gradient = torch::autograd::grad({loss.sum()}, {inputs.word_vectors})[0].flatten(0, 2);  // [L, width]

  const at::NoGradGuard no_gradients;
  const auto vocabulary = static_cast<int64_t>(kinds.size());
  const Tensor all =
      encoder.WordVectors(at::arange(vocabulary, at::kLong).to(device).reshape({1, 1, vocabulary})).flatten(0, 2);
  const Tensor own = (gradient * inputs.word_vectors.detach().flatten(0, 2)).sum(-1, /*keepdim=*/true);
  const Tensor gains = (at::matmul(gradient, all.t()) - own).cpu().contiguous();  // [L, vocabulary]
  Substitution best;
  float highest = 0;
  for (size_t place = 0; place < may.size(); ++place) {
    if (may[place] == 0) continue;
    const float* const row = gains.const_data_ptr<float>() + static_cast<int64_t>(place) * vocabulary;
    for (int64_t token = 0; token < vocabulary; ++token) {
      if (kinds[token] != TokenKind::kWord || row[token] <= highest) continue;
      highest = row[token];
      best = {place, static_cast<int32_t>(token)};
    }
  }
  return highest > 0 ? std::optional<Substitution>(best) : std::nullopt;
}

}  // namespace

std::vector<TokenKind> KindsOf(const std::vector<std::string>& pieces) {
  std::vector<TokenKind> kinds;
  for (const std::string& piece : pieces) {
    const bool is_inner = piece.rfind("##", 0) == 0, is_mark = piece.empty() || piece.front() == '[';
    kinds.push_back(is_inner ? TokenKind::kInner : is_mark ? TokenKind::kMark : TokenKind::kWord);
  }
  return kinds;
}

absl::StatusOr<tasks::Example> Attacked(const tasks::Example& example, int64_t words, const std::vector<TokenKind>& kinds,
                                        const models::Encoder& encoder, const std::vector<Tensor>& multipliers,
                                        double progress) {
  tasks::Example attacked = example;
  std::vector<char> may = MayBeReplaced(example.tokens, kinds);
  for (int64_t i = 0; i < words; ++i) {
    ASSIGN_OR_RETURN(const std::optional<Substitution> best, Best(attacked, may, kinds, encoder, multipliers, progress));
    if (!best) break;
    attacked.tokens[best->place] = best->token;
    may[best->place] = 0;
  }
  return attacked;
}

}  // namespace ablate::training
