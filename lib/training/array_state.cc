#include "lib/training/array_state.h"

#include <algorithm>
#include <utility>

#include "lib/attention/balance_forms.h"
#include "lib/attention/balance_multipliers.h"
#include "lib/attention/catalogue.h"
#include "lib/base/status_macros.h"

namespace ablate::training {
namespace {

template <class Condition>
bool AnyAttention(const Trial& trial, const Condition& condition) {
  const std::vector<attention::Kind> kinds = attention::KindsOf(trial.model());
  return std::any_of(kinds.begin(), kinds.end(),
                     [&](attention::Kind kind) { return condition(attention::SettingsOf(trial, kind)); });
}

bool HasMultipliers(const Trial& trial) { return AnyAttention(trial, attention::HasMultipliers); }

}  // namespace

bool HasBalanceLoss(const Trial& trial) { return AnyAttention(trial, attention::HasBalanceLoss); }

std::vector<Attention> AttentionOf(const std::vector<RunningTrial>& trials, attention::Kind kind) {
  std::vector<Attention> settings;
  for (const RunningTrial& trial : trials) settings.push_back(attention::SettingsOf(trial.request.trial(), kind));
  return settings;
}

bool HasSparsity(const Trial& trial) {
  return AnyAttention(trial, [](const Attention& settings) { return settings.sparsity().structure() != Sparsity::NONE; });
}

absl::StatusOr<ArrayState> ArrayState::Make(const std::vector<TrialRequest>& requests, const models::NetworkShape& shape,
                                            at::Device device, const std::string& data_folder) {
  std::vector<Trial> trials;
  std::vector<RunningTrial> running;
  for (const TrialRequest& request : requests) {
    trials.push_back(request.trial());
    running.push_back({request, {}, 0, 0});
  }
  ASSIGN_OR_RETURN(std::unique_ptr<models::Network> network, models::Network::Make(trials, shape, data_folder));
  network->MoveTo(device);
  AdamW optimizer(trials, network->parameters());
  ArrayState state{std::move(running), std::move(network), std::move(optimizer), {}, 0};
  if (std::any_of(trials.begin(), trials.end(), HasMultipliers)) {
    for (const models::AttentionPlace& place : state.network->attentions()) {
      const std::vector<Attention> settings = AttentionOf(state.trials, place.kind);
      state.multipliers.push_back(attention::StartMultipliers(settings, state.network->heads()).to(device));
    }
  }
  return state;
}

absl::Status ArrayState::Keep(const std::vector<int64_t>& places) {
  RETURN_IF_ERROR(network->Keep(places));
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
