#include "lib/training/array_run.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

#include "fmt/format.h"
#include "lib/attention/balance_forms.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "lib/training/schedule.h"

namespace ablate::training {
namespace {

// Checkpoints take at most this share of a launch's time.
constexpr double kCheckpointShare = 0.05;

std::chrono::steady_clock::time_point Now() { return std::chrono::steady_clock::now(); }

std::string WhyNotFinite(const StepNumbers& numbers, const RunningTrial& trial, int64_t step) {
  const std::string loss = "training loss is " + ShortestNumber(numbers.loss);
  std::string what = loss;
  if (std::isfinite(numbers.loss)) {
    what = std::isfinite(numbers.balance_loss)
               ? fmt::format("norm of the gradient is {}, {}", ShortestNumber(numbers.gradient_norm), loss)
               : fmt::format("balance loss is {}, {}", ShortestNumber(numbers.balance_loss), loss);
  }
  const std::string before = trial.last_finite_step == 0
                                 ? "no step before it in this attempt"
                                 : fmt::format("the last finite training loss was {} at step {}",
                                               ShortestNumber(trial.last_finite_loss), trial.last_finite_step);
  return fmt::format("step {}: {}; {}", step, what, before);
}

Failure FailureFrom(const std::exception& error, size_t trials) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  const std::string message = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
  const bool memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
                      dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
                      message.find("can't allocate memory") != std::string::npos;  // the CPU allocator throws a plain Error
  if (memory) return {"out_of_memory", fmt::format("in an array of {} trials: {}", trials, message)};
  return {"internal", message};
}

}  // namespace

ArrayRun::ArrayRun(std::vector<StartingTrial> trials, const ArraySurroundings& surroundings)
    : starting_(std::move(trials)), surroundings_(surroundings), log_(*surroundings.log) {
  const StartingTrial& first = starting_[0];
  const Training& training = first.request.trial().training();
  start_step_ = first.checkpoint == nullptr ? 0 : first.checkpoint->step;
  steps_ = training.steps();
  log_every_ = std::max<int64_t>(1, training.log_every_steps());
  evaluation_steps_ = EvaluationSteps(steps_, training.evaluations());
}

absl::Status ArrayRun::Run() {
  Failure failure;
  try {
    const absl::Status status = TrainAll();
    if (status.ok() || !absl::IsInvalidArgument(status)) return status;
    failure = {"internal", std::string(status.message())};
  } catch (const std::exception& error) {
    failure = FailureFrom(error, state_ == nullptr ? starting_.size() : state_->trials.size());
  }
  return FailAll(failure);
}

absl::Status ArrayRun::Start() {
  const tasks::LabelledExamples& examples = *surroundings_.examples;
  std::vector<TrialRequest> requests;
  for (const StartingTrial& trial : starting_) requests.push_back(trial.request);
  auto state = ArrayState::Make(requests, {examples.vocabulary, examples.max_tokens, examples.classes}, surroundings_.device,
                                surroundings_.data_folder);
  if (!state.ok() && !absl::IsInvalidArgument(state.status())) {  // pretrained weights that can't be used
    return FailAll({"bad_data", std::string(state.status().message())});
  }
  RETURN_IF_ERROR(state.status());
  state_ = std::make_unique<ArrayState>(*std::move(state));
  state_->step = start_step_;
  RETURN_IF_ERROR(RestoreAll());
  batches_ =
      std::make_unique<tasks::TrainingBatches>(examples.train, static_cast<int>(requests[0].trial().training().batch_size()));
  last_checkpoint_ = Now();
  return absl::OkStatus();
}

absl::Status ArrayRun::RestoreAll() {
  if (start_step_ == steps_) return absl::OkStatus();  // of a finished trial nothing but its end is missing
  std::vector<std::optional<Failure>> failures(starting_.size());
  for (size_t t = 0; t < starting_.size(); ++t) {
    if (starting_[t].checkpoint == nullptr) continue;
    const absl::Status status = RestoreTrial(*starting_[t].checkpoint, static_cast<int64_t>(t), *state_);
    if (!status.ok()) failures[t] = Failure{"internal", std::string(status.message())};
    starting_[t].checkpoint.reset();
  }
  return FailSome(failures);
}

absl::Status ArrayRun::TrainAll() {
  RETURN_IF_ERROR(Start());
  if (state_ == nullptr) return absl::OkStatus();
  while (state_->step < steps_ && state_->size() > 0) {
    ASSIGN_OR_RETURN(const bool leave, Obey());
    if (leave) {
      RETURN_IF_ERROR(CheckpointAll(CheckpointContent::kState));
      return EndAll(AttemptEnd::LEFT);
    }
    if (state_->size() == 0) break;
    RETURN_IF_ERROR(TakeStep());
    const bool evaluates = std::binary_search(evaluation_steps_.begin(), evaluation_steps_.end(), state_->step);
    if (evaluates && state_->size() > 0) RETURN_IF_ERROR(EvaluateAndLog());
    if (state_->step < steps_) RETURN_IF_ERROR(CheckpointIfDue());
  }
  if (start_step_ < steps_) RETURN_IF_ERROR(CheckpointAll(CheckpointContent::kWeights));
  return EndAll(AttemptEnd::SUCCEEDED);
}

absl::StatusOr<bool> ArrayRun::Obey() {
  const Commands& commands = surroundings_.control->Read();
  std::vector<bool> leaves;
  for (const RunningTrial& trial : state_->trials) {
    leaves.push_back(commands.stop.count(trial.request.id()) > 0);
    if (leaves.back()) RETURN_IF_ERROR(log_.End(trial.request.id(), state_->step, AttemptEnd::STOPPED));
  }
  RETURN_IF_ERROR(Drop(leaves));
  return commands.checkpoint_and_leave || (state_->step > start_step_ && state_->step == surroundings_.leave_after_step);
}

absl::Status ArrayRun::TakeStep() {
  ASSIGN_OR_RETURN(std::vector<StepNumbers> numbers, TrainStep(surroundings_.examples->train, *batches_, *state_));
  std::vector<std::optional<Failure>> failures(numbers.size());
  std::vector<StepNumbers> kept;
  for (size_t t = 0; t < numbers.size(); ++t) {
    RunningTrial& trial = state_->trials[t];
    if (!numbers[t].AllFinite()) {
      failures[t] = Failure{"nan", WhyNotFinite(numbers[t], trial, state_->step)};
      continue;
    }
    kept.push_back(numbers[t]);
    trial.sums.loss += numbers[t].loss;
    trial.sums.balance_loss += numbers[t].balance_loss;
    ++trial.sums.steps;
    trial.last_finite_loss = numbers[t].loss;
    trial.last_finite_step = state_->step;
  }
  RETURN_IF_ERROR(FailSome(failures));
  return LogPoints(kept);
}

absl::Status ArrayRun::LogPoints(const std::vector<StepNumbers>& numbers) {
  if (state_->step % log_every_ != 0 && state_->step != steps_) return absl::OkStatus();
  for (size_t t = 0; t < numbers.size(); ++t) {
    RunningTrial& trial = state_->trials[t];
    const double steps = static_cast<double>(trial.sums.steps);
    std::vector<std::pair<std::string_view, double>> points = {{"train/loss", trial.sums.loss / steps},
                                                               {"train/learning_rate", numbers[t].learning_rate},
                                                               {"train/gradient_norm", numbers[t].gradient_norm}};
    const bool balanced = attention::HasBalanceLoss(trial.request.trial().attention());
    if (balanced) points.emplace_back("train/balance_loss", trial.sums.balance_loss / steps);
    if (HasSparsity(trial.request.trial())) points.emplace_back("train/imposed_share", numbers[t].imposed_share);
    RETURN_IF_ERROR(log_.Points(trial.request.id(), state_->step, points));
    trial.sums = {};
  }
  return absl::OkStatus();
}

absl::Status ArrayRun::EvaluateAndLog() {
  ASSIGN_OR_RETURN(std::vector<EvaluationNumbers> numbers, Evaluate(*surroundings_.examples, *state_));
  std::vector<std::optional<Failure>> failures(numbers.size());
  for (size_t t = 0; t < numbers.size(); ++t) {
    const std::string& id = state_->trials[t].request.id();
    if (!std::isfinite(numbers[t].loss)) {
      failures[t] = Failure{
          "nan", fmt::format("evaluation after step {}: validation loss is {}", state_->step, ShortestNumber(numbers[t].loss))};
      continue;
    }
    RETURN_IF_ERROR(
        log_.Points(id, state_->step, {{"validation/accuracy", numbers[t].accuracy}, {"validation/loss", numbers[t].loss}}));
    RETURN_IF_ERROR(log_.Statistics(id, state_->step, std::move(numbers[t].statistics)));
  }
  return FailSome(failures);
}

absl::Status ArrayRun::CheckpointIfDue() {
  double seconds = checkpoint_cost_.count() / kCheckpointShare;
  for (const RunningTrial& trial : state_->trials) {
    seconds = std::max(seconds, trial.request.trial().training().checkpoint_seconds());
  }
  if (state_->size() == 0 || std::chrono::duration<double>(Now() - last_checkpoint_).count() < seconds) return absl::OkStatus();
  return CheckpointAll(CheckpointContent::kState);
}

absl::Status ArrayRun::CheckpointAll(CheckpointContent content) {
  if (state_->size() == 0) return absl::OkStatus();
  const auto begin = Now();
  // Points first: no checkpoint may be newer than the points before it, whatever survives a power loss.
  RETURN_IF_ERROR(log_.Sync());
  RETURN_IF_ERROR(MakeFolders(JoinPath(surroundings_.launch_folder, "checkpoints")));
  for (int64_t t = 0; t < state_->size(); ++t) {
    const std::string& id = state_->trials[t].request.id();
    const std::string path = JoinPath("checkpoints", id + ".safetensors");
    const std::string file = SerializeCheckpoint(*state_, t, content);
    RETURN_IF_ERROR(WriteFileDurably(JoinPath(surroundings_.launch_folder, path), file));
    RETURN_IF_ERROR(log_.CheckpointIsDurable(id, state_->step, path, file.size()));
  }
  last_checkpoint_ = Now();
  checkpoint_cost_ = last_checkpoint_ - begin;
  return absl::OkStatus();
}

absl::Status ArrayRun::EndAll(AttemptEnd::Outcome outcome) {
  for (const RunningTrial& trial : state_->trials) RETURN_IF_ERROR(log_.End(trial.request.id(), state_->step, outcome));
  return log_.Sync();
}

absl::Status ArrayRun::FailAll(const Failure& failure) {
  if (state_ != nullptr) return FailSome(std::vector<std::optional<Failure>>(state_->trials.size(), failure));
  for (const StartingTrial& trial : starting_) RETURN_IF_ERROR(log_.Fail(trial.request.id(), start_step_, failure));
  return log_.Sync();
}

absl::Status ArrayRun::FailSome(const std::vector<std::optional<Failure>>& failures) {
  std::vector<bool> leaves;
  for (size_t t = 0; t < failures.size(); ++t) {
    leaves.push_back(failures[t].has_value());
    if (leaves.back()) RETURN_IF_ERROR(log_.Fail(state_->trials[t].request.id(), state_->step, *failures[t]));
  }
  return Drop(leaves);
}

absl::Status ArrayRun::Drop(const std::vector<bool>& leaves) {
  std::vector<int64_t> kept;
  for (size_t t = 0; t < leaves.size(); ++t) {
    if (!leaves[t]) kept.push_back(static_cast<int64_t>(t));
  }
  if (kept.size() == leaves.size()) return absl::OkStatus();
  RETURN_IF_ERROR(log_.Sync());
  if (!kept.empty()) return state_->Keep(kept);
  state_->trials.clear();
  return absl::OkStatus();
}

}  // namespace ablate::training
