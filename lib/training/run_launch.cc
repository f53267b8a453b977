#include "lib/training/run_launch.h"

#include <c10/core/Device.h>

#include <algorithm>
#include <map>
#include <memory>
#include <new>
#include <tuple>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/training/array_run.h"
#include "lib/training/evaluate_trials.h"
#include "lib/training/training_data.h"

namespace ablate::training {
namespace {

absl::Status CheckRequest(const LaunchRequest& request) {
  if (request.trial().empty()) return absl::InvalidArgumentError("a launch of no trials: at least one is needed");
  const Trial& first = request.trial(0).trial();
  for (const TrialRequest& trial : request.trial()) {
    const Training& training = trial.trial().training();
    if (trial.trial().task().SerializeAsString() != first.task().SerializeAsString() ||
        training.steps() != first.training().steps() || training.batch_size() != first.training().batch_size() ||
        training.evaluations() != first.training().evaluations() ||
        training.log_every_steps() != first.training().log_every_steps()) {
      return absl::InvalidArgumentError(fmt::format(
          "trials {} and {} can't share an array: task, steps, batch size, evaluations and logging must be the same",
          request.trial(0).id(), trial.id()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<at::Device> ParseDevice(const std::string& name) {
  try {
    const at::Device device(name);
    if (device.is_cpu() || (device.is_cuda() && device.has_index())) return device;
  } catch (const c10::Error&) {
  }
  return absl::InvalidArgumentError(fmt::format("device \"{}\": allowed are \"cpu\" and \"cuda:N\"", name));
}

// By (normalizer, structure), which attention needs contiguous; otherwise as requested.
std::vector<TrialRequest> SortedForAttention(const LaunchRequest& request) {
  std::vector<TrialRequest> trials(request.trial().begin(), request.trial().end());
  const auto group = [](const TrialRequest& trial) {
    const Attention& attention = trial.trial().attention();
    return std::make_tuple(attention.normalizer(), attention.sparsity().structure());
  };
  std::stable_sort(trials.begin(), trials.end(),
                   [&](const TrialRequest& a, const TrialRequest& b) { return group(a) < group(b); });
  return trials;
}

// A checkpoint that can't be used costs time, not results: the trial then starts anew.
absl::StatusOr<StartingTrial> StartOf(const TrialRequest& request, AttemptLog& log) {
  StartingTrial trial{request, nullptr};
  if (request.checkpoint().empty()) return trial;
  trial.checkpoint = std::make_unique<Checkpoint>();
  const absl::Status status = ReadCheckpoint(request, *trial.checkpoint);
  if (status.ok()) return trial;
  RETURN_IF_ERROR(log.Warn(request.id(),
                           fmt::format("checkpoint can't be used, the trial starts anew: {}", std::string(status.message()))));
  trial.checkpoint.reset();
  return trial;
}

// Rows that the task was told to leave out: counted as a metric, and each file's first one told.
absl::Status TellSkippedRows(const std::string& trial, const std::vector<tasks::SkippedRows>& skipped, AttemptLog& log) {
  int64_t rows = 0;
  for (const tasks::SkippedRows& file : skipped) {
    rows += file.count;
    RETURN_IF_ERROR(log.Warn(
        trial, fmt::format("{}: {} row{} skipped; {}", file.file, file.count, file.count == 1 ? "" : "s", file.first)));
  }
  return rows == 0 ? absl::OkStatus() : log.Points(trial, 1, {{"data/skipped_rows", static_cast<double>(rows)}});
}

absl::Status RunArray(std::vector<StartingTrial> trials, int64_t start_step, const ArraySurroundings& surroundings) {
  AttemptLog& log = *surroundings.log;
  for (const StartingTrial& trial : trials) {
    RETURN_IF_ERROR(log.Begin(trial.request, start_step + 1));
    if (start_step > 0) continue;
    RETURN_IF_ERROR(TellSkippedRows(trial.request.id(), surroundings.examples->skipped, log));
    for (const std::string& note : surroundings.examples->notes) RETURN_IF_ERROR(log.Tell(trial.request.id(), note));
  }
  if (surroundings.control->Read().checkpoint_and_leave) {
    for (const StartingTrial& trial : trials) RETURN_IF_ERROR(log.End(trial.request.id(), start_step, AttemptEnd::LEFT));
    return log.Sync();
  }
  return ArrayRun(std::move(trials), surroundings).Run();
}

absl::StatusOr<std::shared_ptr<const tasks::LabelledExamples>> LoadData(const LaunchRequest& request) {
  try {
    return LoadTrainingData(request.trial(0).trial().task(), request.data_folder());
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("the task's examples don't fit into memory");
  }
}

absl::Status FailForData(const LaunchRequest& request, const absl::Status& error, AttemptLog& log) {
  const std::string failure_class = absl::IsResourceExhausted(error) ? "out_of_memory" : "bad_data";
  for (const TrialRequest& trial : request.trial()) {
    // Past the last step: no point of an earlier attempt is void.
    RETURN_IF_ERROR(log.Begin(trial, trial.trial().training().steps() + int64_t{1}));
    RETURN_IF_ERROR(log.Fail(trial.id(), 0, {failure_class, std::string(error.message())}));
  }
  return log.Sync();
}

}  // namespace

absl::Status RunLaunch(const LaunchRequest& request, const std::string& launch_folder, eventlog::Writer& writer) {
  RETURN_IF_ERROR(CheckRequest(request));
  ASSIGN_OR_RETURN(const at::Device device, ParseDevice(request.device()));
  AttemptLog log(writer);
  Control control(launch_folder);
  if (request.trial(0).evaluation_size() > 0) return EvaluateTrials(request, device, log, control);
  auto examples = LoadData(request);
  if (!examples.ok()) return FailForData(request, examples.status(), log);
  // Arrays of trials that start from the same step; usually there is one.
  std::map<int64_t, std::vector<StartingTrial>> arrays;
  for (const TrialRequest& trial : SortedForAttention(request)) {
    ASSIGN_OR_RETURN(StartingTrial start, StartOf(trial, log));
    const int64_t step = start.checkpoint == nullptr ? 0 : start.checkpoint->step;
    arrays[step].push_back(std::move(start));
  }
  for (auto& [step, trials] : arrays) {
    RETURN_IF_ERROR(RunArray(std::move(trials), step,
                             {launch_folder, request.data_folder(), device, *examples, &log, &control,
                              static_cast<int64_t>(request.leave_after_step())}));
  }
  return absl::OkStatus();
}

}  // namespace ablate::training
