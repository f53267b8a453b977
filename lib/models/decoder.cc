#include "lib/models/decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "lib/base/status_macros.h"

namespace ablate::models {
namespace {

using at::Tensor;
using Settings = ::ablate::Decoder;

const Settings& SettingsIn(const Trial& trial) { return trial.model().decoder(); }

}  // namespace

absl::StatusOr<std::unique_ptr<Decoder>> Decoder::Make(const std::vector<Trial>& trials, const NetworkShape& shape) {
  const Settings& settings = SettingsIn(trials[0]);
  std::vector<std::string> shared;
  std::vector<uint64_t> seeds;
  for (const Trial& trial : trials) {
    shared.push_back(SharedSettings(SettingsIn(trial)));
    seeds.push_back(trial.seed());
  }
  RETURN_IF_ERROR(CheckSequenceModel(trials, shared, settings.heads(), settings.width(), shape));
  ASSIGN_OR_RETURN(KindAttention attention, KindAttention::Make(attention::Kind::kDecoder, trials));
  const bool bf16 = trials[0].training().precision() == Training::BF16;
  const int64_t width = settings.width();
  FixProductBits();
  std::unique_ptr<Decoder> made(
      new Decoder(trials, ParameterSet(std::move(seeds)), SequenceParts(settings.positions(), settings.heads(), width, bf16),
                  Stack(ShapeOf(settings, settings.layers(), bf16), std::move(attention), {}, /*first_site=*/1)));
  ParameterSet& parameters = made->parameters_;
  made->embeddings_ = made->parts_.AddEmbedding("embeddings", shape.vocabulary, shape.max_tokens, -1, parameters);
  made->stack_.AddParameters("", parameters);
  made->output_words_ = settings.tied_embeddings()
                            ? made->embeddings_.words
                            : parameters.AddEmbedding("output.words", shape.vocabulary, width, VarianceKeepingDeviation(width));
  made->output_bias_ =
      parameters.Add("output.bias", ParameterKind::kBias, at::zeros({parameters.trials(), shape.vocabulary}, at::kFloat));
  return made;
}

absl::StatusOr<NetworkOutputs> Decoder::Forward(const Batch& batch, const std::vector<Tensor>& multipliers,
                                                const std::optional<TrainingStep>& training) const {
  const int64_t trials = batch.tokens.size(0), examples = batch.tokens.size(1), length = batch.tokens.size(2);
  const Pass pass = PassOf(trials_, parameters_.seeds(), batch, training, SettingsIn);
  StackInputs inputs;
  inputs.query_valid = inputs.key_valid = batch.valid;
  inputs.bias = parts_.Bias(0, length, length, batch.tokens.device());
  inputs.multipliers = multipliers;
  const Tensor x = parts_.Embedded(parameters_, embeddings_, batch.tokens, 0);
  ASSIGN_OR_RETURN(StackOutputs stack, stack_.Forward(parameters_, DropOut(x, pass, pass.dropout, 0, length), inputs, pass));
  NetworkOutputs outputs;
  outputs.logits = parts_.Logits(parameters_, stack.states, output_words_, output_bias_).view({trials, examples, length, -1});
  AddBalance(stack.self, stack_.layers(), outputs.balance_loss);
  outputs.attentions = std::move(stack.self);
  return outputs;
}

std::vector<AttentionPlace> Decoder::attentions() const {
  std::vector<AttentionPlace> places;
  for (int64_t layer = 0; layer < stack_.layers(); ++layer) places.push_back({attention::Kind::kDecoder, layer});
  return places;
}

Tensor Decoder::AlphaMinusOne(const AttentionPlace& place) const {
  return stack_.self().AlphaMinusOne(parameters_, place.layer);
}

std::map<std::string, Tensor> Decoder::Learned(const AttentionPlace& place) const {
  return stack_.self().Learned(parameters_, place.layer);
}

absl::Status Decoder::Keep(const std::vector<int64_t>& trials) {
  RETURN_IF_ERROR(stack_.Keep(trials));
  parameters_.Keep(trials);
  std::vector<Trial> kept;
  for (const int64_t t : trials) kept.push_back(trials_[t]);
  trials_ = std::move(kept);
  return absl::OkStatus();
}

class Decoder::Writer final : public Writing {
 public:
  Writer(const Decoder& network, ParameterSet parameters, Stack stack, Pass pass)
      : network_(network),
        parameters_(std::move(parameters)),
        stack_(std::move(stack)),
        pass_(std::move(pass)),
        caches_(stack_.layers()) {}

  // tokens [1, rows, n]: states [1, rows * n, width].
  absl::StatusOr<Tensor> Read(const Tensor& tokens) {
    const int64_t rows = tokens.size(1), count = tokens.size(2);
    const auto flags = tokens.options().dtype(at::kBool);
    StackInputs inputs;
    inputs.query_valid = at::ones({1, rows, count}, flags);
    inputs.key_valid = at::ones({1, rows, length_ + count}, flags);
    inputs.bias = network_.parts_.Bias(length_, count, length_ + count, tokens.device());
    inputs.first_place = length_;
    inputs.caches = &caches_;
    const Tensor x = network_.parts_.Embedded(parameters_, network_.embeddings_, tokens, length_);
    ASSIGN_OR_RETURN(const StackOutputs outputs, stack_.Forward(parameters_, x, inputs, pass_));
    length_ += count;
    return outputs.states;
  }

  absl::StatusOr<Tensor> Next(const std::vector<int32_t>& tokens) override {
    ASSIGN_OR_RETURN(const Tensor states, Read(OneTokenEach(tokens, parameters_[0].device())));
    return network_.parts_.Logits(parameters_, states, network_.output_words_, network_.output_bias_)[0].cpu();
  }

  void Select(const std::vector<int64_t>& rows) override {
    SelectRows(rows, /*sources_too=*/false, caches_);
    if (pass_.places.empty()) return;
    std::vector<int64_t> places;
    for (const int64_t row : rows) places.push_back(pass_.places[0][row]);
    pass_.places[0] = std::move(places);
  }

 private:
  const Decoder& network_;
  ParameterSet parameters_;
  Stack stack_;
  Pass pass_;
  std::vector<LayerCache> caches_;
  int64_t length_ = 0;
};

absl::StatusOr<std::unique_ptr<Writing>> Decoder::StartWriting(int64_t trial, const Batch& batch) const {
  ParameterSet own = OfTrial(parameters_, trial);
  Pass pass = PassOf({trials_[trial]}, own.seeds(), batch, std::optional<TrainingStep>(), SettingsIn);
  pass.want_support = false;
  Stack stack = stack_;
  RETURN_IF_ERROR(stack.Keep({trial}));
  auto writer = std::make_unique<Writer>(*this, std::move(own), std::move(stack), std::move(pass));
  RETURN_IF_ERROR(writer->Read(batch.tokens).status());
  return writer;
}

}  // namespace ablate::models
