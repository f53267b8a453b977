#include "lib/models/sequence_to_sequence.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <iterator>

#include "lib/base/status_macros.h"

namespace ablate::models {
namespace {

using at::Tensor;
using Settings = ::ablate::SequenceToSequence;

const Settings& SettingsIn(const Trial& trial) { return trial.model().sequence_to_sequence(); }

void Append(std::vector<attention::Outputs> from, std::vector<attention::Outputs>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SequenceToSequence>> SequenceToSequence::Make(const std::vector<Trial>& trials,
                                                                             const NetworkShape& shape) {
  const Settings& settings = SettingsIn(trials[0]);
  std::vector<std::string> shared;
  std::vector<uint64_t> seeds;
  for (const Trial& trial : trials) {
    shared.push_back(SharedSettings(SettingsIn(trial)));
    seeds.push_back(trial.seed());
  }
  RETURN_IF_ERROR(CheckSequenceModel(trials, shared, settings.heads(), settings.width(), shape));
  if (shape.max_target_tokens < 1) return absl::InvalidArgumentError("a task without targets; this model needs some");
  ASSIGN_OR_RETURN(KindAttention of_encoder, KindAttention::Make(attention::Kind::kEncoder, trials));
  ASSIGN_OR_RETURN(KindAttention of_decoder, KindAttention::Make(attention::Kind::kDecoder, trials));
  ASSIGN_OR_RETURN(KindAttention of_cross, KindAttention::Make(attention::Kind::kCross, trials));
  const bool bf16 = trials[0].training().precision() == Training::BF16;
  FixProductBits();
  // Dropout sites: 0 the source's embedding, the encoder's, the target's embedding, the decoder's.
  Stack encoder(ShapeOf(settings, settings.encoder_layers(), bf16), std::move(of_encoder), {}, 1);
  const int64_t target_site = 1 + encoder.sites();
  Stack decoder(ShapeOf(settings, settings.decoder_layers(), bf16), std::move(of_decoder), {std::move(of_cross)},
                target_site + 1);
  std::unique_ptr<SequenceToSequence> made(new SequenceToSequence(
      trials, ParameterSet(std::move(seeds)), SequenceParts(settings.positions(), settings.heads(), settings.width(), bf16),
      std::move(encoder), std::move(decoder)));
  made->AddParameters(shape);
  return made;
}

void SequenceToSequence::AddParameters(const NetworkShape& shape) {
  const Settings::Tying tying = SettingsIn(trials_[0]).tying();
  const int64_t width = SettingsIn(trials_[0]).width();
  source_ = parts_.AddEmbedding("encoder.embeddings", shape.vocabulary, shape.max_tokens, -1, parameters_);
  encoder_.AddParameters("encoder.", parameters_);
  const int shared = tying == Settings::ALL ? source_.words : -1;
  target_ = parts_.AddEmbedding("decoder.embeddings", shape.vocabulary, shape.max_target_tokens, shared, parameters_);
  decoder_.AddParameters("decoder.", parameters_);
  output_words_ = tying == Settings::SEPARATE
                      ? parameters_.AddEmbedding("output.words", shape.vocabulary, width, VarianceKeepingDeviation(width))
                      : target_.words;
  output_bias_ =
      parameters_.Add("output.bias", ParameterKind::kBias, at::zeros({parameters_.trials(), shape.vocabulary}, at::kFloat));
}

absl::StatusOr<StackOutputs> SequenceToSequence::Encode(const ParameterSet& parameters, const Stack& encoder,
                                                        const Batch& batch, const std::vector<Tensor>& multipliers,
                                                        const Pass& pass) const {
  const int64_t length = batch.tokens.size(2);
  StackInputs inputs;
  inputs.query_valid = inputs.key_valid = batch.valid;
  inputs.bias = parts_.Bias(0, length, length, batch.tokens.device());
  if (!multipliers.empty()) inputs.multipliers.assign(multipliers.begin(), multipliers.begin() + encoder.layers());
  const Tensor x = parts_.Embedded(parameters, source_, batch.tokens, 0);
  return encoder.Forward(parameters, DropOut(x, pass, pass.dropout, 0, length), inputs, pass);
}

absl::StatusOr<NetworkOutputs> SequenceToSequence::Forward(const Batch& batch, const std::vector<Tensor>& multipliers,
                                                           const std::optional<TrainingStep>& training) const {
  const Pass pass = PassOf(trials_, parameters_.seeds(), batch, training, SettingsIn);
  ASSIGN_OR_RETURN(StackOutputs source, Encode(parameters_, encoder_, batch, multipliers, pass));
  const int64_t length = batch.target.size(2), layers = encoder_.layers() + decoder_.layers();
  StackInputs inputs;
  inputs.query_valid = inputs.key_valid = batch.target_valid;
  inputs.bias = parts_.Bias(0, length, length, batch.target.device());
  inputs.source = source.states;
  inputs.source_valid = batch.valid;
  if (!multipliers.empty()) {
    inputs.multipliers.assign(multipliers.begin() + encoder_.layers(), multipliers.begin() + layers);
  }
  const Tensor x = parts_.Embedded(parameters_, target_, batch.target, 0);
  ASSIGN_OR_RETURN(StackOutputs target,
                   decoder_.Forward(parameters_, DropOut(x, pass, pass.dropout, 1 + encoder_.sites(), length), inputs, pass));
  NetworkOutputs outputs;
  outputs.logits = parts_.Logits(parameters_, target.states, output_words_, output_bias_)
                       .view({batch.target.size(0), batch.target.size(1), length, -1});
  AddBalance(source.self, layers, outputs.balance_loss);
  AddBalance(target.self, layers, outputs.balance_loss);
  outputs.attentions = std::move(source.self);
  Append(std::move(target.self), outputs.attentions);
  Append(std::move(target.cross), outputs.attentions);
  return outputs;
}

std::vector<AttentionPlace> SequenceToSequence::attentions() const {
  std::vector<AttentionPlace> places;
  for (int64_t layer = 0; layer < encoder_.layers(); ++layer) places.push_back({attention::Kind::kEncoder, layer});
  for (int64_t layer = 0; layer < decoder_.layers(); ++layer) places.push_back({attention::Kind::kDecoder, layer});
  for (int64_t layer = 0; layer < decoder_.layers(); ++layer) places.push_back({attention::Kind::kCross, layer});
  return places;
}

const KindAttention& SequenceToSequence::AttentionOf(attention::Kind kind) const {
  if (kind == attention::Kind::kEncoder) return encoder_.self();
  return kind == attention::Kind::kDecoder ? decoder_.self() : decoder_.cross();
}

Tensor SequenceToSequence::AlphaMinusOne(const AttentionPlace& place) const {
  return AttentionOf(place.kind).AlphaMinusOne(parameters_, place.layer);
}

std::map<std::string, Tensor> SequenceToSequence::Learned(const AttentionPlace& place) const {
  return AttentionOf(place.kind).Learned(parameters_, place.layer);
}

absl::Status SequenceToSequence::Keep(const std::vector<int64_t>& trials) {
  RETURN_IF_ERROR(encoder_.Keep(trials));
  RETURN_IF_ERROR(decoder_.Keep(trials));
  parameters_.Keep(trials);
  std::vector<Trial> kept;
  for (const int64_t t : trials) kept.push_back(trials_[t]);
  trials_ = std::move(kept);
  return absl::OkStatus();
}

void SequenceToSequence::FinishStep() {
  encoder_.Clamp(parameters_);
  decoder_.Clamp(parameters_);
}

// Its rows share the source's keys and values with those of their example.
class SequenceToSequence::Writer final : public Writing {
 public:
  Writer(const SequenceToSequence& network, ParameterSet parameters, Stack decoder, Pass pass)
      : network_(network),
        parameters_(std::move(parameters)),
        decoder_(std::move(decoder)),
        pass_(std::move(pass)),
        caches_(decoder_.layers()) {}

  void SetSource(const Tensor& source, Tensor valid) {
    source_ = source.view({1, valid.size(1), valid.size(2), -1});
    source_valid_ = std::move(valid);
    for (int64_t row = 0; row < source_valid_.size(1); ++row) example_of_row_.push_back(row);
  }

  absl::StatusOr<Tensor> Next(const std::vector<int32_t>& tokens) override {
    const auto rows = static_cast<int64_t>(tokens.size());
    const at::Device device = source_valid_.device();
    StackInputs inputs;
    inputs.query_valid = at::ones({1, rows, 1}, source_valid_.options());
    inputs.key_valid = at::ones({1, rows, length_ + 1}, source_valid_.options());
    inputs.bias = network_.parts_.Bias(length_, 1, length_ + 1, device);
    inputs.source = source_.flatten(1, 2);
    inputs.source_valid = source_valid_;
    inputs.first_place = length_;
    inputs.caches = &caches_;
    const Tensor x = network_.parts_.Embedded(parameters_, network_.target_, OneTokenEach(tokens, device), length_);
    ASSIGN_OR_RETURN(const StackOutputs outputs, decoder_.Forward(parameters_, x, inputs, pass_));
    ++length_;
    return network_.parts_.Logits(parameters_, outputs.states, network_.output_words_, network_.output_bias_)[0].cpu();
  }

  void Select(const std::vector<int64_t>& rows) override {
    std::vector<int64_t> examples;
    std::vector<std::vector<int64_t>> places(1);
    for (const int64_t row : rows) {
      examples.push_back(example_of_row_[row]);
      if (!pass_.places.empty()) places[0].push_back(pass_.places[0][row]);
    }
    const bool same_sources = examples == example_of_row_;
    if (!same_sources) source_ = SelectRows(source_, rows), source_valid_ = SelectRows(source_valid_, rows);
    SelectRows(rows, !same_sources, caches_);
    if (!pass_.places.empty()) pass_.places = std::move(places);
    example_of_row_ = std::move(examples);
  }

 private:
  const SequenceToSequence& network_;
  ParameterSet parameters_;
  Stack decoder_;
  Pass pass_;
  Tensor source_, source_valid_;  // [1, rows, S, width], [1, rows, S]
  std::vector<LayerCache> caches_;
  std::vector<int64_t> example_of_row_;
  int64_t length_ = 0;
};

absl::StatusOr<std::unique_ptr<Writing>> SequenceToSequence::StartWriting(int64_t trial, const Batch& batch) const {
  ParameterSet own = OfTrial(parameters_, trial);
  Pass pass = PassOf({trials_[trial]}, own.seeds(), batch, std::optional<TrainingStep>(), SettingsIn);
  pass.want_support = false;
  Stack encoder = encoder_, decoder = decoder_;
  RETURN_IF_ERROR(encoder.Keep({trial}));
  RETURN_IF_ERROR(decoder.Keep({trial}));
  ASSIGN_OR_RETURN(StackOutputs source, Encode(own, encoder, batch, {}, pass));
  auto writer = std::make_unique<Writer>(*this, std::move(own), std::move(decoder), std::move(pass));
  writer->SetSource(source.states, batch.valid);
  return writer;
}

}  // namespace ablate::models
