// A Transformer that reads a source and writes a target (Vaswani et al. 2017, arXiv:1706.03762), for an array of trials. Each
// of its attentions (encoder, decoder, cross) has its own normalizer, and what that learns per head.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/models/network.h"
#include "lib/models/sequence_parts.h"
#include "lib/models/stack.h"

namespace ablate::models {

class SequenceToSequence final : public Network {
 public:
  // Network::Make's errors.
  static absl::StatusOr<std::unique_ptr<SequenceToSequence>> Make(const std::vector<Trial>& trials, const NetworkShape& shape);

  absl::StatusOr<NetworkOutputs> Forward(const Batch& batch, const std::vector<at::Tensor>& multipliers,
                                         const std::optional<TrainingStep>& training) const override;
  std::vector<AttentionPlace> attentions() const override;
  int64_t heads() const override { return trials_[0].model().sequence_to_sequence().heads(); }
  at::Tensor AlphaMinusOne(const AttentionPlace& place) const override;
  std::map<std::string, at::Tensor> Learned(const AttentionPlace& place) const override;
  std::vector<Parameter>& parameters() override { return parameters_.all(); }
  const std::vector<Parameter>& parameters() const override { return parameters_.all(); }
  absl::Status Keep(const std::vector<int64_t>& trials) override;
  void MoveTo(at::Device device) override { parameters_.MoveTo(device); }
  void FinishStep() override;
  absl::StatusOr<std::unique_ptr<Writing>> StartWriting(int64_t trial, const Batch& batch) const override;

 private:
  class Writer;

  SequenceToSequence(std::vector<Trial> trials, ParameterSet parameters, SequenceParts parts, Stack encoder, Stack decoder)
      : trials_(std::move(trials)),
        parameters_(std::move(parameters)),
        parts_(std::move(parts)),
        encoder_(std::move(encoder)),
        decoder_(std::move(decoder)) {}
  void AddParameters(const NetworkShape& shape);
  // What the encoder makes of the batch's source.
  absl::StatusOr<StackOutputs> Encode(const ParameterSet& parameters, const Stack& encoder, const Batch& batch,
                                      const std::vector<at::Tensor>& multipliers, const Pass& pass) const;
  const KindAttention& AttentionOf(attention::Kind kind) const;

  std::vector<Trial> trials_;
  ParameterSet parameters_;
  SequenceParts parts_;
  Stack encoder_, decoder_;
  EmbeddingPlaces source_, target_;
  int output_words_ = 0, output_bias_ = 0;
};

}  // namespace ablate::models
