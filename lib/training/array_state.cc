#include "lib/training/array_state.h"

#include <algorithm>
#include <utility>

#include "lib/attention/balance_forms.h"
#include "lib/attention/balance_multipliers.h"
#include "lib/base/status_macros.h"

namespace ablate::training {
namespace {

bool HasMultipliers(const Trial& trial) { return attention::HasMultipliers(trial.attention()); }

}  // namespace

std::vector<Attention> AttentionOf(const std::vector<RunningTrial>& trials) {
  std::vector<Attention> attention;
  for (const RunningTrial& trial : trials) attention.push_back(trial.request.trial().attention());
  return attention;
}

bool HasSparsity(const Trial& trial) { return trial.attention().sparsity().structure() != Sparsity::NONE; }

absl::StatusOr<ArrayState> ArrayState::Make(const std::vector<TrialRequest>& requests, const models::EncoderShape& shape,
                                            at::Device device, const std::string& data_folder) {
  std::vector<Trial> trials;
  std::vector<RunningTrial> running;
  for (const TrialRequest& request : requests) {
    trials.push_back(request.trial());
    running.push_back({request, {}, 0, 0});
  }
  ASSIGN_OR_RETURN(models::Encoder encoder, models::Encoder::Make(trials, shape, data_folder));
  encoder.MoveTo(device);
  AdamW optimizer(trials, encoder.parameters());
  ArrayState state{std::move(running), std::move(encoder), std::move(optimizer), {}, 0};
  if (std::any_of(trials.begin(), trials.end(), HasMultipliers)) {
    for (int64_t layer = 0; layer < state.encoder.layers(); ++layer) {
      state.multipliers.push_back(attention::StartMultipliers(AttentionOf(state.trials), state.encoder.heads()).to(device));
    }
  }
  return state;
}

absl::Status ArrayState::Keep(const std::vector<int64_t>& places) {
  RETURN_IF_ERROR(encoder.Keep(places));
  optimizer.Keep(places);
  for (at::Tensor& layer : multipliers) layer = models::KeepTrials(layer, places);
  std::vector<RunningTrial> kept;
  for (const int64_t place : places) kept.push_back(std::move(trials[place]));
  trials = std::move(kept);
  if (std::none_of(trials.begin(), trials.end(), [](const RunningTrial& t) { return HasMultipliers(t.request.trial()); })) {
    multipliers.clear();
  }
  return absl::OkStatus();
}

}  // namespace ablate::training
