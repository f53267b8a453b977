#include "lib/models/network.h"

#include <utility>

#include "lib/base/status_macros.h"
#include "lib/models/decoder.h"
#include "lib/models/sequence_to_sequence.h"

namespace ablate::models {
namespace {

using at::Tensor;

class EncoderNetwork final : public Network {
 public:
  explicit EncoderNetwork(Encoder encoder) : encoder_(std::move(encoder)) {}

  absl::StatusOr<NetworkOutputs> Forward(const Batch& batch, const std::vector<Tensor>& multipliers,
                                         const std::optional<TrainingStep>& training) const override {
    EncoderBatch own;
    own.tokens = batch.tokens;
    own.valid = batch.valid;
    own.token_types = batch.token_types;
    own.places = batch.places;
    own.progress = batch.progress;
    ASSIGN_OR_RETURN(EncoderOutputs outputs, encoder_.Forward(own, multipliers, training));
    return NetworkOutputs{std::move(outputs.logits), std::move(outputs.balance_loss), std::move(outputs.layers)};
  }

  std::vector<AttentionPlace> attentions() const override {
    std::vector<AttentionPlace> places;
    for (int64_t layer = 0; layer < encoder_.layers(); ++layer) places.push_back({attention::Kind::kEncoder, layer});
    return places;
  }

  int64_t heads() const override { return encoder_.heads(); }
  Tensor AlphaMinusOne(const AttentionPlace& place) const override { return encoder_.AlphaMinusOneOfLayer(place.layer); }
  std::map<std::string, Tensor> Learned(const AttentionPlace& place) const override {
    return encoder_.LearnedOfLayer(place.layer);
  }
  std::vector<Parameter>& parameters() override { return encoder_.parameters(); }
  const std::vector<Parameter>& parameters() const override { return encoder_.parameters(); }
  absl::Status Keep(const std::vector<int64_t>& trials) override { return encoder_.Keep(trials); }
  void MoveTo(at::Device device) override { encoder_.MoveTo(device); }
  void FinishStep() override { encoder_.FinishStep(); }
  const Encoder* encoder() const override { return &encoder_; }

 private:
  Encoder encoder_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Writing>> Network::StartWriting(int64_t, const Batch&) const {
  return absl::UnimplementedError("an encoder writes nothing");
}

absl::StatusOr<std::unique_ptr<Network>> Network::Make(const std::vector<Trial>& trials, const NetworkShape& shape,
                                                       const std::string& data_folder) {
  if (trials.empty()) return absl::InvalidArgumentError("an array of no trials: at least one is needed");
  if (trials[0].model().has_sequence_to_sequence()) return SequenceToSequence::Make(trials, shape);
  if (trials[0].model().has_decoder()) return Decoder::Make(trials, shape);
  ASSIGN_OR_RETURN(Encoder encoder, Encoder::Make(trials, {shape.vocabulary, shape.max_tokens, shape.classes}, data_folder));
  return std::make_unique<EncoderNetwork>(std::move(encoder));
}

}  // namespace ablate::models
