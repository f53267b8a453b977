// The life of one array: trials that start from the same step are trained to their end, or until they leave.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/batches.h"
#include "lib/tasks/task.h"
#include "lib/training/array_state.h"
#include "lib/training/attempt_log.h"
#include "lib/training/batch.h"
#include "lib/training/checkpoint.h"
#include "lib/training/control.h"
#include "lib/training/evaluation.h"
#include "lib/training/train_step.h"

namespace ablate::training {

// A trial and where it starts.
struct StartingTrial {
  TrialRequest request;
  std::unique_ptr<Checkpoint> checkpoint;  // null: from the start
};

// What the arrays of a launch share.
struct ArraySurroundings {
  std::string launch_folder;
  std::string data_folder;
  at::Device device;
  std::shared_ptr<const tasks::LabelledExamples> examples;
  AttemptLog* log;
  Control* control;
  int64_t leave_after_step;  // 0: none
};

class ArrayRun {
 public:
  // All trials start from the same step. They have been announced (AttemptBegin) by the caller.
  ArrayRun(std::vector<StartingTrial> trials, const ArraySurroundings& surroundings);

  // Every trial has an AttemptEnd when this returns ok; an error is the log's or the disk's. What torch throws becomes the
  // trials' failure here.
  absl::Status Run();

 private:
  absl::Status Start();
  absl::Status RestoreAll();
  absl::Status TrainAll();
  absl::StatusOr<bool> Obey();  // whether to leave
  absl::Status TakeStep();
  absl::Status LogPoints(const std::vector<StepNumbers>& numbers);
  absl::Status EvaluateAndLog();
  absl::Status CheckpointIfDue();
  absl::Status CheckpointAll(CheckpointContent content);
  absl::Status EndAll(AttemptEnd::Outcome outcome);
  absl::Status FailAll(const Failure& failure);
  // failures [T]: those that have one end with it and leave the array.
  absl::Status FailSome(const std::vector<std::optional<Failure>>& failures);
  absl::Status Drop(const std::vector<bool>& leaves);

  std::vector<StartingTrial> starting_;
  ArraySurroundings surroundings_;
  AttemptLog& log_;
  std::unique_ptr<ArrayState> state_;
  std::unique_ptr<tasks::TrainingBatches> batches_;
  Layout layout_ = Layout::kClassified;
  int64_t start_step_ = 0, steps_ = 0, log_every_ = 1;
  std::vector<int64_t> evaluation_steps_;
  std::chrono::steady_clock::time_point last_checkpoint_;
  std::chrono::duration<double> checkpoint_cost_{0};
};

}  // namespace ablate::training
