#include "lib/training/evaluation.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "lib/attention/learned_parameters.h"
#include "lib/base/status_macros.h"
#include "lib/models/row_kernels.h"
#include "lib/statistics/attention_statistics.h"
#include "lib/statistics/full_statistics.h"
#include "lib/tasks/batches.h"
#include "lib/training/balance_statistics.h"
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

// Over the batches of a set, of each trial.
struct Sums {
  Sums(size_t trials, size_t examples, EvaluationDetail detail)
      : losses(trials, 0),
        correct(trials, 0),
        predictions(trials),
        wants_predictions(detail == EvaluationDetail::kPredictions) {
    for (std::vector<Prediction>& of_trial : predictions) of_trial.resize(wants_predictions ? examples : 0);
  }

  std::vector<double> losses;
  std::vector<int64_t> correct;
  std::vector<std::vector<Prediction>> predictions;
  const bool wants_predictions;
};

float Probability(const float* logits, int64_t classes, int64_t of) {
  double sum = 0;
  for (int64_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(logits[c]) - logits[of]);
  return static_cast<float>(1 / sum);
}

// logits [T, B, classes], labels [T, B] of the examples at `places`.
void AddOutputs(const Tensor& logits, const Tensor& labels, const std::vector<int64_t>& places, Sums& sums) {
  const Tensor values = logits.cpu().contiguous(), expected = labels.cpu().contiguous();
  const int64_t trials = values.size(0), count = values.size(1), classes = values.size(2);
  for (int64_t t = 0; t < trials; ++t) {
    const float* const rows = values.const_data_ptr<float>() + t * count * classes;
    const int64_t* const label = expected.const_data_ptr<int64_t>() + t * count;
    sums.losses[t] += models::CrossEntropyRows(rows, label, count, classes) * static_cast<double>(count);
    for (int64_t b = 0; b < count; ++b) {
      const float* const row = rows + b * classes;
      const int64_t highest = std::max_element(row, row + classes) - row;
      sums.correct[t] += highest == label[b];
      if (!sums.wants_predictions) continue;
      sums.predictions[t][places[b]] = {static_cast<int32_t>(label[b]), static_cast<int32_t>(highest),
                                        Probability(row, classes, highest)};
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

// The statistics of attention, over the batches of a set.
class Statistics {
 public:
  Statistics(const ArrayState& state, EvaluationDetail detail)
      : state_(state),
        accumulator_(TrialsOf(state), kAttention, static_cast<int>(state.encoder.layers()),
                     static_cast<int>(state.encoder.heads())),
        balance_(kAttention, AttentionOf(state.trials)),
        imposed_(state.encoder.layers()) {
    if (detail != EvaluationDetail::kFullStatistics) return;
    full_.emplace(TrialsOf(state), kAttention, static_cast<int>(state.encoder.layers()),
                  static_cast<int>(state.encoder.heads()));
  }

  absl::Status Add(const std::vector<attention::Outputs>& layers, const Tensor& valid) {
    for (size_t layer = 0; layer < layers.size(); ++layer) {
      const attention::Outputs& outputs = layers[layer];
      RETURN_IF_ERROR(accumulator_.Add(static_cast<int>(layer), outputs.probabilities, outputs.support, valid, valid));
      if (full_) RETURN_IF_ERROR(full_->Add(static_cast<int>(layer), outputs.probabilities, outputs.support, valid, valid));
      balance_.Add(static_cast<int64_t>(layer), outputs.violations, valid.size(1));
      Tensor& sum = imposed_[layer];
      if (outputs.imposed.defined()) sum = sum.defined() ? sum + outputs.imposed : outputs.imposed;
    }
    return absl::OkStatus();
  }

  void Finish(std::vector<EvaluationNumbers>& numbers) {
    for (size_t t = 0; t < numbers.size(); ++t) numbers[t].statistics = accumulator_.Result(static_cast<int>(t));
    for (size_t t = 0; full_ && t < numbers.size(); ++t) full_->AppendResult(static_cast<int>(t), numbers[t].statistics);
    AddLearned(state_, numbers);
    for (size_t t = 0; t < numbers.size(); ++t) {
      balance_.Append(static_cast<int64_t>(t), state_.multipliers, numbers[t].statistics);
    }
    for (size_t layer = 0; layer < imposed_.size(); ++layer) {
      if (imposed_[layer].defined()) AddImposed(state_, static_cast<int64_t>(layer), imposed_[layer], numbers);
    }
  }

 private:
  const ArrayState& state_;
  statistics::AttentionStatisticsAccumulator accumulator_;
  std::optional<statistics::FullStatisticsAccumulator> full_;
  BalanceStatistics balance_;
  std::vector<Tensor> imposed_;  // of each layer, as attention::Outputs.imposed; undefined: nothing is
};

}  // namespace

absl::StatusOr<std::vector<EvaluationNumbers>> Evaluate(const tasks::LabelledExamples& examples, const ArrayState& state,
                                                        EvaluationDetail detail) {
  const at::NoGradGuard no_gradients;
  const std::vector<tasks::Example>& set = examples.validation;
  const size_t trials = state.trials.size();
  const int batch_size = std::max<int>(kLeastBatch, state.trials[0].request.trial().training().batch_size());
  Sums sums(trials, set.size(), detail);
  Statistics statistics(state, detail);
  for (const std::vector<int64_t>& places : tasks::EvaluationBatches(set, batch_size)) {
    size_t length = 1;
    for (const int64_t place : places) length = std::max(length, set[place].tokens.size());
    LabelledBatch batch = MakeBatch(set, std::vector<std::vector<int64_t>>(trials, places), static_cast<int64_t>(length),
                                    state.encoder.parameters()[0].value.device());
    batch.inputs.progress = state.Progress();
    ASSIGN_OR_RETURN(const models::EncoderOutputs outputs,
                     state.encoder.Forward(batch.inputs, state.multipliers, std::nullopt));
    AddOutputs(outputs.logits, batch.labels, places, sums);
    if (detail != EvaluationDetail::kPredictions) RETURN_IF_ERROR(statistics.Add(outputs.layers, batch.inputs.valid));
  }
  std::vector<EvaluationNumbers> numbers(trials);
  for (size_t t = 0; t < trials; ++t) {
    numbers[t].loss = sums.losses[t] / static_cast<double>(set.size());
    numbers[t].accuracy = static_cast<double>(sums.correct[t]) / static_cast<double>(set.size());
    numbers[t].predictions = std::move(sums.predictions[t]);
  }
  if (detail != EvaluationDetail::kPredictions) statistics.Finish(numbers);
  return numbers;
}

}  // namespace ablate::training
