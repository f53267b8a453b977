#include "lib/training/evaluation.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lib/base/status_macros.h"
#include "lib/tasks/batches.h"
#include "lib/training/attention_log.h"
#include "lib/training/batch.h"
#include "lib/training/generation.h"
#include "lib/training/set_scores.h"

namespace ablate::training {
namespace {

constexpr int kLeastBatch = 32;

// Examples times the square of their length, in a batch of sequences: longer ones go in smaller batches, so that maps of 16
// times the training length fit.
constexpr int64_t kMostPairs = 1 << 19;

// In pieces that have at most kMostPairs pairs of tokens. Of classes as they are.
std::vector<std::vector<int64_t>> BatchesOf(const std::vector<tasks::Example>& set, int batch_size, Layout layout) {
  std::vector<std::vector<int64_t>> batches = tasks::EvaluationBatches(set, batch_size), pieces;
  if (layout == Layout::kClassified) return batches;
  for (const std::vector<int64_t>& batch : batches) {
    const BatchLengths longest = LongestOf(set, batch);
    const int64_t length =
        layout == Layout::kOneSequence ? longest.tokens + longest.target : std::max(longest.tokens, longest.target);
    const auto most = static_cast<size_t>(std::max<int64_t>(1, kMostPairs / (length * length)));
    for (size_t begin = 0; begin < batch.size(); begin += most) {
      pieces.emplace_back(batch.begin() + static_cast<int64_t>(begin),
                          batch.begin() + static_cast<int64_t>(std::min(begin + most, batch.size())));
    }
  }
  return pieces;
}

// `log`: null where no statistics are wanted.
absl::StatusOr<SetScores> ScoreSet(const std::vector<tasks::Example>& set, const std::vector<int32_t>& counts_as, Layout layout,
                                   const ArrayState& state, AttentionLog* log) {
  const size_t trials = state.trials.size();
  const int batch_size = std::max<int>(kLeastBatch, static_cast<int>(state.trials[0].request.trial().training().batch_size()));
  SetScores scores(trials, set.size(), layout, counts_as);
  for (const std::vector<int64_t>& places : BatchesOf(set, batch_size, layout)) {
    LabelledBatch batch =
        MakeBatch(set, std::vector<std::vector<int64_t>>(trials, places), LongestOf(set, places), layout, state.device());
    batch.inputs.progress = state.Progress();
    ASSIGN_OR_RETURN(const models::NetworkOutputs outputs,
                     state.network->Forward(batch.inputs, state.multipliers, std::nullopt));
    scores.Add(outputs.logits, batch.labels, places);
    if (log != nullptr) RETURN_IF_ERROR(log->Add(outputs.attentions, batch.inputs));
  }
  return scores;
}

bool IsLast(const ArrayState& state) {
  return state.step == static_cast<int64_t>(state.trials[0].request.trial().training().steps());
}

absl::Status AppendSet(const tasks::LabelledExamples& task, const tasks::ExampleSet& set, Layout layout,
                       const ArrayState& state, std::vector<EvaluationNumbers>& numbers) {
  ASSIGN_OR_RETURN(const SetScores scores, ScoreSet(set.examples, task.counts_as, layout, state, nullptr));
  for (size_t t = 0; t < numbers.size(); ++t) {
    scores.Append(t, set.name, task.objective, set.words, numbers[t].metrics);
  }
  return AppendGenerated(task, set.name, set.examples, set.references, layout, state, numbers);
}

}  // namespace

absl::StatusOr<std::vector<EvaluationNumbers>> Evaluate(const tasks::LabelledExamples& examples, const ArrayState& state,
                                                        EvaluationDetail detail) {
  const at::NoGradGuard no_gradients;
  const size_t trials = state.trials.size();
  ASSIGN_OR_RETURN(const Layout layout, LayoutOf(state.trials[0].request.trial().model(), examples.objective));
  std::unique_ptr<AttentionLog> log;
  if (detail != EvaluationDetail::kPredictions)
    log = std::make_unique<AttentionLog>(state, detail == EvaluationDetail::kFullStatistics);
  ASSIGN_OR_RETURN(SetScores scores, ScoreSet(examples.validation, examples.counts_as, layout, state, log.get()));
  std::vector<EvaluationNumbers> numbers(trials);
  for (size_t t = 0; t < trials; ++t) {
    numbers[t].loss = scores.Loss(t);
    numbers[t].accuracy = scores.Accuracy(t);
    scores.Append(t, "validation", examples.objective, examples.words, numbers[t].metrics);
    numbers[t].predictions = std::move(scores.predictions(t));
    if (log != nullptr) numbers[t].statistics = log->Result(static_cast<int64_t>(t));
  }
  RETURN_IF_ERROR(AppendGenerated(examples, "validation", examples.validation, examples.references, layout, state, numbers));
  if (!IsLast(state)) return numbers;
  for (const tasks::ExampleSet& set : examples.longer) RETURN_IF_ERROR(AppendSet(examples, set, layout, state, numbers));
  return numbers;
}

}  // namespace ablate::training
