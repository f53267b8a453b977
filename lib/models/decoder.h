// A causal Transformer over one sequence, for an array of trials: a language model. Of sequence-to-sequence tasks it reads the
// source as the beginning of its sequence, and the target behind it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/models/network.h"
#include "lib/models/sequence_parts.h"
#include "lib/models/stack.h"

namespace ablate::models {

class Decoder final : public Network {
 public:
  // Network::Make's errors. `shape.max_tokens`: of whole sequences, source and target.
  static absl::StatusOr<std::unique_ptr<Decoder>> Make(const std::vector<Trial>& trials, const NetworkShape& shape);

  // Of the batch it reads `tokens` alone; logits [T, B, L, vocabulary].
  absl::StatusOr<NetworkOutputs> Forward(const Batch& batch, const std::vector<at::Tensor>& multipliers,
                                         const std::optional<TrainingStep>& training) const override;
  std::vector<AttentionPlace> attentions() const override;
  int64_t heads() const override { return trials_[0].model().decoder().heads(); }
  at::Tensor AlphaMinusOne(const AttentionPlace& place) const override;
  std::map<std::string, at::Tensor> Learned(const AttentionPlace& place) const override;
  std::vector<Parameter>& parameters() override { return parameters_.all(); }
  const std::vector<Parameter>& parameters() const override { return parameters_.all(); }
  absl::Status Keep(const std::vector<int64_t>& trials) override;
  void MoveTo(at::Device device) override { parameters_.MoveTo(device); }
  void FinishStep() override { stack_.Clamp(parameters_); }
  absl::StatusOr<std::unique_ptr<Writing>> StartWriting(int64_t trial, const Batch& batch) const override;

 private:
  class Writer;

  Decoder(std::vector<Trial> trials, ParameterSet parameters, SequenceParts parts, Stack stack)
      : trials_(std::move(trials)), parameters_(std::move(parameters)), parts_(std::move(parts)), stack_(std::move(stack)) {}

  std::vector<Trial> trials_;
  ParameterSet parameters_;
  SequenceParts parts_;
  Stack stack_;
  EmbeddingPlaces embeddings_;
  int output_words_ = 0, output_bias_ = 0;
};

}  // namespace ablate::models
