#include "lib/training/train_step.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones_like.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <optional>
#include <utility>

#include "lib/attention/attention.h"
#include "lib/attention/balance_multipliers.h"
#include "lib/base/status_macros.h"
#include "lib/models/layers.h"
#include "lib/training/batch.h"

namespace ablate::training {
namespace {

using at::Tensor;

std::vector<std::vector<int64_t>> PlacesOfStep(const tasks::TrainingBatches& batches, const ArrayState& state) {
  std::vector<std::vector<int64_t>> places;
  for (const RunningTrial& trial : state.trials) {
    places.push_back(batches.Examples(state.step, trial.request.trial().seed()));
  }
  return places;
}

// Of each trial's own loss: no sum over trials is ever made.
std::vector<Tensor> GradientsOf(const Tensor& losses, const std::vector<models::Parameter>& parameters) {
  std::vector<Tensor> values;
  for (const models::Parameter& parameter : parameters) values.push_back(parameter.value);
  return torch::autograd::grad({losses}, values, {at::ones_like(losses)}, /*retain_graph=*/false, /*create_graph=*/false,
                               /*allow_unused=*/true);
}

void UpdateBalance(const std::vector<attention::Outputs>& layers, ArrayState& state) {
  for (size_t layer = 0; layer < state.multipliers.size(); ++layer) {
    if (!layers[layer].violations.defined()) continue;
    state.multipliers[layer] = attention::UpdateMultipliers(state.multipliers[layer], layers[layer].violations,
                                                            AttentionOf(state.trials), state.Progress());
  }
}

std::vector<StepNumbers> NumbersOf(const Tensor& losses, const Tensor& balance, const std::vector<double>& norms,
                                   const ArrayState& state) {
  const Tensor loss_values = losses.detach().cpu();
  const Tensor balance_values = balance.defined() ? balance.detach().cpu() : Tensor();
  std::vector<StepNumbers> numbers(state.trials.size());
  for (size_t t = 0; t < numbers.size(); ++t) {
    numbers[t].loss = loss_values.const_data_ptr<float>()[t];
    if (balance.defined()) numbers[t].balance_loss = balance_values.const_data_ptr<float>()[t];
    numbers[t].gradient_norm = norms[t];
    numbers[t].learning_rate = state.optimizer.LearningRate(static_cast<int64_t>(t), state.step);
  }
  return numbers;
}

// Over all layers and heads.
void AddImposed(const std::vector<attention::Outputs>& layers, std::vector<StepNumbers>& numbers) {
  if (!layers[0].imposed.defined()) return;
  Tensor sums = layers[0].imposed.sum(1);  // [T, 2]
  for (size_t layer = 1; layer < layers.size(); ++layer) sums = sums + layers[layer].imposed.sum(1);
  sums = sums.cpu().contiguous();
  for (size_t t = 0; t < numbers.size(); ++t) {
    const int64_t* const pairs = sums.const_data_ptr<int64_t>() + 2 * t;
    numbers[t].imposed_share = static_cast<double>(pairs[1]) / static_cast<double>(pairs[0]);
  }
}

}  // namespace

bool StepNumbers::AllFinite() const {
  return std::isfinite(loss) && std::isfinite(balance_loss) && std::isfinite(gradient_norm);
}

absl::StatusOr<std::vector<StepNumbers>> TrainStep(const std::vector<tasks::Example>& examples,
                                                   const tasks::TrainingBatches& batches, ArrayState& state) {
  std::vector<std::vector<int64_t>> places = PlacesOfStep(batches, state);
  const int64_t length = batches.Shape(state.step).padded_tokens;
  std::vector<models::Parameter>& parameters = state.encoder.parameters();
  LabelledBatch batch = MakeBatch(examples, places, length, parameters[0].value.device());
  ++state.step;
  batch.inputs.progress = state.Progress();
  const std::optional<models::EncoderTrainingStep> training({static_cast<uint64_t>(state.step), std::move(places)});
  ASSIGN_OR_RETURN(const models::EncoderOutputs outputs, state.encoder.Forward(batch.inputs, state.multipliers, training));
  const Tensor losses = models::CrossEntropy(outputs.logits, batch.labels);
  const Tensor total = outputs.balance_loss.defined() ? losses + outputs.balance_loss : losses;
  const std::vector<Tensor> gradients = GradientsOf(total, parameters);
  std::vector<double> norms = SquaredNorms(gradients, state.size());
  for (double& norm : norms) norm = std::sqrt(norm);
  state.optimizer.Step(gradients, norms, state.step, parameters);
  UpdateBalance(outputs.layers, state);
  std::vector<StepNumbers> numbers = NumbersOf(losses, outputs.balance_loss, norms, state);
  AddImposed(outputs.layers, numbers);
  return numbers;
}

}  // namespace ablate::training
