// What a forward pass depends on beside its inputs, from trials' settings: the same for every model.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/models/stack.h"
#include "proto/trial.pb.h"

namespace ablate::models {

// Rates of dropout of T trials; empty where all are 0.
template <class Get>
std::vector<double> RatesOf(const std::vector<Trial>& trials, const Get& get) {
  std::vector<double> rates;
  bool any = false;
  for (const Trial& trial : trials) {
    rates.push_back(get(trial));
    any = any || rates.back() > 0;
  }
  return any ? rates : std::vector<double>();
}

// Of a batch with `places` and `progress`, at a training step (absent in evaluation). settings_in(trial): its model's.
template <class Batch, class TrainingStep, class SettingsIn>
Pass PassOf(const std::vector<Trial>& trials, const std::vector<uint64_t>& seeds, const Batch& batch,
            const std::optional<TrainingStep>& training, const SettingsIn& settings_in) {
  Pass pass;
  pass.seeds = seeds;
  pass.training = training.has_value();
  pass.step = training.has_value() ? training->step : 0;
  pass.places = training.has_value() ? training->examples : batch.places;
  pass.progress = batch.progress;
  pass.dropout = RatesOf(trials, [&](const Trial& trial) { return settings_in(trial).dropout(); });
  pass.attention_dropout = RatesOf(trials, [&](const Trial& trial) { return settings_in(trial).attention_dropout(); });
  return pass;
}

}  // namespace ablate::models
