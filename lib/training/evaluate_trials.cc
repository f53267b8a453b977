#include "lib/training/evaluate_trials.h"

#include <c10/util/Exception.h>

#include <exception>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "lib/base/status_macros.h"
#include "lib/tasks/task.h"
#include "lib/tasks/text_reader.h"
#include "lib/training/analysis.h"
#include "lib/training/array_state.h"
#include "lib/training/attack.h"
#include "lib/training/batch.h"
#include "lib/training/checkpoint.h"
#include "lib/training/evaluation.h"

namespace ablate::training {
namespace {

// The trial's weights hold all that is learned: the file that it started from need not be there any more.
TrialRequest WithoutPretrained(const TrialRequest& request) {
  TrialRequest own = request;
  Model& model = *own.mutable_trial()->mutable_model();
  if (model.has_encoder()) model.mutable_encoder()->clear_pretrained();
  return own;
}

absl::StatusOr<ArrayState> Restore(const TrialRequest& request, const tasks::LabelledExamples& examples, at::Device device) {
  const TrialRequest own = WithoutPretrained(request);
  Checkpoint checkpoint;
  RETURN_IF_ERROR(ReadCheckpoint(own, checkpoint));
  if (checkpoint.kind != CheckpointContent::kWeights) {
    return absl::InvalidArgumentError(checkpoint.path + ": is of a trial that has not succeeded");
  }
  ASSIGN_OR_RETURN(const Layout layout, LayoutOf(own.trial().model(), examples.objective));
  ASSIGN_OR_RETURN(ArrayState state, ArrayState::Make({own}, ShapeFor(examples, layout), device));
  RETURN_IF_ERROR(RestoreTrial(checkpoint, 0, state));
  state.step = checkpoint.step;
  return state;
}

void AddMetric(const char* name, double value, EvaluationResult& result) {
  result.add_metric(name);
  result.add_value(value);
}

// The set's examples, or, of an analysis that needs no set, the task's.
absl::StatusOr<tasks::LabelledExamples> ExamplesFor(const EvaluationRequest& evaluation, const Task& task,
                                                    const std::string& data_folder) {
  const bool of_set = !evaluation.has_analysis() || evaluation.analysis().source() == Analysis::SET;
  return of_set ? tasks::LoadEvaluationSet(task, evaluation.set(), data_folder) : tasks::LoadTask(task, data_folder);
}

// The set under attack.
absl::Status Attack(const EvaluationSet& set, const ArrayState& state, const std::string& data_folder,
                    tasks::LabelledExamples& examples) {
  if (set.substituted_words() == 0) return absl::OkStatus();
  const Task& task = state.trials[0].request.trial().task();
  ASSIGN_OR_RETURN(const tasks::TextReader reader, tasks::TextReader::Make(task, data_folder));
  const models::Encoder& encoder = *state.network->encoder();  // text classification has no other model
  std::vector<int32_t> vocabulary(static_cast<size_t>(examples.vocabulary));
  std::iota(vocabulary.begin(), vocabulary.end(), 0);
  const std::vector<TokenKind> kinds = KindsOf(reader.Pieces(vocabulary));
  for (tasks::Example& example : examples.validation) {
    ASSIGN_OR_RETURN(example, Attacked(example, set.substituted_words(), kinds, encoder, state.multipliers, state.Progress()));
  }
  return absl::OkStatus();
}

absl::Status Fill(const EvaluationRequest& evaluation, const TrialRequest& trial, const LaunchRequest& request,
                  at::Device device, EvaluationResult& result) {
  ASSIGN_OR_RETURN(tasks::LabelledExamples examples, ExamplesFor(evaluation, trial.trial().task(), request.data_folder()));
  ASSIGN_OR_RETURN(const ArrayState state, Restore(trial, examples, device));
  if (evaluation.has_analysis()) return Analyze(evaluation, examples, state, request.data_folder(), result);
  RETURN_IF_ERROR(Attack(evaluation.set(), state, request.data_folder(), examples));
  ASSIGN_OR_RETURN(const std::vector<EvaluationNumbers> all, Evaluate(examples, state, EvaluationDetail::kPredictions));
  const EvaluationNumbers& numbers = all[0];
  result.set_step(state.step);
  AddMetric("accuracy", numbers.accuracy, result);
  AddMetric("loss", numbers.loss, result);
  if (!examples.skipped.empty()) AddMetric("skipped_rows", static_cast<double>(examples.skipped[0].count), result);
  for (const std::string& name : examples.class_names) result.add_class_name(name);
  for (size_t i = 0; i < numbers.predictions.size(); ++i) {
    result.add_line(static_cast<uint32_t>(examples.lines[i]));
    result.add_label(numbers.predictions[i].label);
    result.add_prediction(numbers.predictions[i].prediction);
    result.add_score(numbers.predictions[i].score);
  }
  return absl::OkStatus();
}

EvaluationResult ResultOf(const EvaluationRequest& evaluation, const TrialRequest& trial, const LaunchRequest& request,
                          at::Device device) {
  EvaluationResult result;
  absl::Status status;
  try {
    status = Fill(evaluation, trial, request, device, result);
  } catch (const c10::Error& error) {
    status = absl::InternalError(error.what_without_backtrace());
  } catch (const std::exception& error) {
    status = absl::InternalError(error.what());
  }
  if (!status.ok()) {
    result.Clear();
    result.set_failure(std::string(status.message()));
  }
  result.set_trial(trial.id());
  result.set_id(evaluation.id());
  *result.mutable_set() = evaluation.set();
  return result;
}

}  // namespace

absl::Status EvaluateTrials(const LaunchRequest& request, at::Device device, AttemptLog& log, Control& control) {
  for (const TrialRequest& trial : request.trial()) {
    for (const EvaluationRequest& evaluation : trial.evaluation()) {
      if (control.Read().checkpoint_and_leave) return log.Sync();
      RETURN_IF_ERROR(log.Evaluation(ResultOf(evaluation, trial, request, device)));
    }
  }
  return log.Sync();
}

}  // namespace ablate::training
