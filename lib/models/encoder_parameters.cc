// How an encoder is made and what it learns; encoder.cc computes with it.
#include <utility>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/models/encoder.h"
#include "lib/models/layers.h"
#include "lib/models/pretrained.h"

namespace ablate::models {
namespace {

// BERT's deviation, for embeddings and classifier.
constexpr double kSmallDeviation = 0.02;

// The model without what trials of an array may differ in.
std::string SharedModel(const Trial& trial) {
  Model model = trial.model();
  model.mutable_encoder()->clear_dropout();
  model.mutable_encoder()->clear_attention_dropout();
  model.mutable_encoder()->clear_classifier_dropout();
  return model.SerializeAsString();
}

absl::Status CheckPretrained(const ::ablate::Encoder& encoder) {
  if (encoder.pretrained().empty()) return absl::OkStatus();
  if (encoder.norm() == ::ablate::Encoder::PRE) {
    return absl::InvalidArgumentError("model.encoder.norm: PRE; pretrained weights are of post-norm encoders");
  }
  if (encoder.positions() == ::ablate::Encoder::LEARNED) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("model.encoder.positions: {}; pretrained weights are of encoders with LEARNED positions",
                  ::ablate::Encoder::Positions_Name(encoder.positions())));
}

absl::Status Check(const std::vector<Trial>& trials, const EncoderShape& shape) {
  if (trials.empty()) return absl::InvalidArgumentError("an array of no trials: at least one is needed");
  if (!trials[0].model().has_encoder()) return absl::InvalidArgumentError("model: none is set; allowed: encoder");
  const ::ablate::Encoder& encoder = trials[0].model().encoder();
  if (encoder.heads() == 0 || encoder.width() % encoder.heads() != 0) {
    return absl::InvalidArgumentError(
        fmt::format("model.encoder.heads: {}; must divide width, {}", encoder.heads(), encoder.width()));
  }
  if (shape.vocabulary < 1 || shape.max_tokens < 1 || shape.classes < 1) {
    return absl::InvalidArgumentError(
        fmt::format("a task of {} classes, {} different tokens, {} tokens at most: each must be "
                    "at least 1",
                    shape.classes, shape.vocabulary, shape.max_tokens));
  }
  for (const Trial& trial : trials) {
    if (SharedModel(trial) != SharedModel(trials[0]) || trial.training().precision() != trials[0].training().precision()) {
      return absl::InvalidArgumentError("trials of one array must have the same model (but for dropout) and precision");
    }
  }
  return CheckPretrained(encoder);
}

}  // namespace

absl::StatusOr<Encoder> Encoder::Make(const std::vector<Trial>& trials, const EncoderShape& shape,
                                      const std::string& data_folder) {
  RETURN_IF_ERROR(Check(trials, shape));
  ASSIGN_OR_RETURN(KindAttention attention, KindAttention::Make(attention::Kind::kEncoder, trials));
  const ::ablate::Encoder& settings = trials[0].model().encoder();
  const bool bf16 = trials[0].training().precision() == Training::BF16;
  FixProductBits();
  std::vector<uint64_t> seeds;
  for (const Trial& trial : trials) seeds.push_back(trial.seed());
  PretrainedWeights stored;
  if (!settings.pretrained().empty()) {
    ASSIGN_OR_RETURN(
        stored, LoadPretrained(JoinPath(data_folder, settings.pretrained()), settings, shape.vocabulary, shape.max_tokens));
  }
  Encoder encoder(trials, ParameterSet(std::move(seeds), std::move(stored)),
                  Stack(ShapeOf(settings, settings.layers(), bf16), std::move(attention), {}, /*first_site=*/1));
  encoder.settings_ = settings;
  encoder.bf16_ = bf16;
  encoder.AddParameters(shape);
  encoder.parameters_.ForgetStored();
  return encoder;
}

void Encoder::AddParameters(const EncoderShape& shape) {
  const int64_t width = settings_.width();
  words_ = parameters_.AddEmbedding("embeddings.words", shape.vocabulary, width, kSmallDeviation);
  if (settings_.positions() == ::ablate::Encoder::LEARNED) {
    positions_ = parameters_.AddEmbedding("embeddings.positions", shape.max_tokens, width, kSmallDeviation);
  }
  if (settings_.token_types() > 0) {
    token_types_ = parameters_.AddEmbedding("embeddings.token_types", settings_.token_types(), width, kSmallDeviation);
  }
  embedding_norm_ = parameters_.AddNorm("embeddings.norm", width);
  stack_.AddParameters("", parameters_);
  if (settings_.pooler() != ::ablate::Encoder::NO_POOLER) {
    pooler_ = parameters_.AddLinear("pooler", width, width, VarianceKeepingDeviation(width));
  }
  classifier_ = parameters_.AddLinear("classifier", width, shape.classes, kSmallDeviation);
}

absl::Status Encoder::Keep(const std::vector<int64_t>& trials) {
  RETURN_IF_ERROR(stack_.Keep(trials));
  parameters_.Keep(trials);
  std::vector<Trial> kept;
  for (const int64_t t : trials) kept.push_back(trials_[t]);
  trials_ = std::move(kept);
  return absl::OkStatus();
}

}  // namespace ablate::models
