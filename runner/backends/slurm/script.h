// The batch script of an array job. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "proto/experiment.pb.h"

namespace ablate::runner::slurm {

struct ScriptFacts {
  Slurm settings;
  std::string job_name;  // "ablate-5f3a9c1e-1-1"
  std::string folder;    // of the submission; absolute
  uint32_t tasks = 1;    // of the array, numbered from 1
  std::string ablate;    // program that a task runs; absolute
  std::string worker;    // program that it starts; absolute
  std::string scontrol;  // absolute: it is not always in $PATH in a job
  uint32_t workers = 1;  // of a task
};

// InvalidArgument where a setting has a character that would end its line or its quotes: what was seen, what is allowed.
absl::Status CheckSettings(const Slurm& settings);

// The script says all that matters itself, since sites set defaults: requeue, append to logs, the signal before the end. It
// ends in `exec`, so that signals reach the task.
std::string ScriptOf(const ScriptFacts& facts);

// Between the warning signal and the end of a task. Unit: seconds.
uint32_t WarningSeconds(const Slurm& settings);

}  // namespace ablate::runner::slurm
