#include "lib/training/evaluation.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <optional>
#include <string>

#include "lib/attention/learned_parameters.h"
#include "lib/base/status_macros.h"
#include "lib/models/row_kernels.h"
#include "lib/statistics/attention_statistics.h"
#include "lib/tasks/batches.h"
#include "lib/training/batch.h"

namespace ablate::training {
namespace {

using at::Tensor;

constexpr char kAttention[] = "encoder";
constexpr int kLeastBatch = 32;

std::vector<Trial> TrialsOf(const ArrayState& state) {
  std::vector<Trial> trials;
  for (const RunningTrial& trial : state.trials) trials.push_back(trial.request.trial());
  return trials;
}

void AddOutputs(const Tensor& logits, const Tensor& labels, std::vector<double>& losses, std::vector<int64_t>& correct) {
  const Tensor values = logits.cpu().contiguous(), expected = labels.cpu().contiguous();
  const int64_t trials = values.size(0), count = values.size(1), classes = values.size(2);
  for (int64_t t = 0; t < trials; ++t) {
    const float* const rows = values.const_data_ptr<float>() + t * count * classes;
    const int64_t* const label = expected.const_data_ptr<int64_t>() + t * count;
    losses[t] += models::CrossEntropyRows(rows, label, count, classes) * static_cast<double>(count);
    for (int64_t b = 0; b < count; ++b) {
      const float* const row = rows + b * classes;
      correct[t] += std::max_element(row, row + classes) - row == label[b];
    }
  }
}

// counts [T, H, 2] of a layer, as attention::Outputs.imposed.
void AddImposed(const ArrayState& state, int64_t layer, const Tensor& counts, std::vector<EvaluationNumbers>& numbers) {
  const Tensor own = counts.cpu().contiguous();
  for (int64_t t = 0; t < own.size(0); ++t) {
    if (!HasSparsity(state.trials[t].request.trial())) continue;
    for (int64_t head = 0; head < own.size(1); ++head) {
      const int64_t* const pairs = own.const_data_ptr<int64_t>() + (t * own.size(1) + head) * 2;
      HeadStatistic& share = *numbers[t].statistics.add_head();
      share.set_attention(kAttention);
      share.set_layer(layer);
      share.set_head(head);
      share.set_statistic("imposed_share");
      share.set_value(static_cast<double>(pairs[1]) / static_cast<double>(pairs[0]));
    }
  }
}

absl::Status AddStatistics(const std::vector<attention::Outputs>& layers, const Tensor& valid,
                           statistics::AttentionStatisticsAccumulator& accumulator) {
  for (size_t layer = 0; layer < layers.size(); ++layer) {
    RETURN_IF_ERROR(accumulator.Add(static_cast<int>(layer), layers[layer].probabilities, layers[layer].support, valid, valid));
  }
  return absl::OkStatus();
}

// values [T, H] of a layer as a head statistic of the trials that learn it.
void AddLearned(const ArrayState& state, int64_t layer, const std::string& name, const Tensor& values,
                std::vector<EvaluationNumbers>& numbers) {
  const Tensor own = values.detach().cpu().contiguous();
  for (int64_t t = 0; t < own.size(0); ++t) {
    if (!attention::Learns(state.trials[t].request.trial().attention(), name)) continue;
    for (int64_t head = 0; head < own.size(1); ++head) {
      HeadStatistic& statistic = *numbers[t].statistics.add_head();
      statistic.set_attention(kAttention);
      statistic.set_layer(layer);
      statistic.set_head(head);
      statistic.set_statistic(name);
      statistic.set_value(own.const_data_ptr<double>()[t * own.size(1) + head]);
    }
  }
}

// What normalizers learn per head: "alpha", "length_scale", "sink".
void AddLearned(const ArrayState& state, std::vector<EvaluationNumbers>& numbers) {
  for (int64_t layer = 0; layer < state.encoder.layers(); ++layer) {
    const Tensor d = state.encoder.AlphaMinusOneOfLayer(layer);
    if (d.defined()) AddLearned(state, layer, "alpha", 1 + d.detach().to(at::kDouble), numbers);
    for (const auto& [name, value] : state.encoder.LearnedOfLayer(layer)) {
      if (value.dim() == 2) AddLearned(state, layer, name, value.detach().to(at::kDouble), numbers);
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<EvaluationNumbers>> Evaluate(const tasks::LabelledExamples& examples, const ArrayState& state) {
  const at::NoGradGuard no_gradients;
  const std::vector<tasks::Example>& set = examples.validation;
  const std::vector<Trial> trials = TrialsOf(state);
  statistics::AttentionStatisticsAccumulator accumulator(trials, kAttention, static_cast<int>(state.encoder.layers()),
                                                         static_cast<int>(state.encoder.heads()));
  const int batch_size = std::max<int>(kLeastBatch, trials[0].training().batch_size());
  std::vector<double> losses(trials.size(), 0);
  std::vector<int64_t> correct(trials.size(), 0);
  std::vector<Tensor> imposed(state.encoder.layers());
  for (const std::vector<int64_t>& places : tasks::EvaluationBatches(set, batch_size)) {
    size_t length = 1;
    for (const int64_t place : places) length = std::max(length, set[place].tokens.size());
    LabelledBatch batch = MakeBatch(set, std::vector<std::vector<int64_t>>(trials.size(), places), static_cast<int64_t>(length),
                                    state.encoder.parameters()[0].value.device());
    batch.inputs.progress = state.Progress();
    ASSIGN_OR_RETURN(const models::EncoderOutputs outputs,
                     state.encoder.Forward(batch.inputs, state.multipliers, std::nullopt));
    AddOutputs(outputs.logits, batch.labels, losses, correct);
    RETURN_IF_ERROR(AddStatistics(outputs.layers, batch.inputs.valid, accumulator));
    for (size_t layer = 0; layer < outputs.layers.size(); ++layer) {
      const Tensor& counts = outputs.layers[layer].imposed;
      if (counts.defined()) imposed[layer] = imposed[layer].defined() ? imposed[layer] + counts : counts;
    }
  }
  std::vector<EvaluationNumbers> numbers(trials.size());
  for (size_t t = 0; t < trials.size(); ++t) {
    numbers[t].loss = losses[t] / static_cast<double>(set.size());
    numbers[t].accuracy = static_cast<double>(correct[t]) / static_cast<double>(set.size());
    numbers[t].statistics = accumulator.Result(static_cast<int>(t));
  }
  AddLearned(state, numbers);
  for (size_t layer = 0; layer < imposed.size(); ++layer) {
    if (imposed[layer].defined()) AddImposed(state, static_cast<int64_t>(layer), imposed[layer], numbers);
  }
  return numbers;
}

}  // namespace ablate::training
