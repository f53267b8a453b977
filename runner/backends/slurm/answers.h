// What Slurm's commands answer, taken apart. Pure. Lines that make no sense are left out: whoever misses a task waits for the
// next answer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ablate::runner::slurm {

// What is known of one task of an array job.
struct TaskStatus {
  std::string job;     // number of the array job
  std::string state;   // "PENDING", "RUNNING", ...: in Slurm's words, without what it says behind them
  std::string reason;  // why it waits, or ended: "Resources"; "None" where there is none
  std::string nodes;   // "n1"
  std::optional<int> exit_code;
};

// By (job name, index in the array). Index 0, which no task of ours has: all tasks of the array that have no line of their own.
using TaskKey = std::pair<std::string, uint32_t>;
using Tasks = std::map<TaskKey, TaskStatus>;

// "12" of "12" and of "12;cluster"; nothing if it is no number.
std::optional<std::string> ParseSubmission(const std::string& answer);

// Of QueueArguments. Where Slurm knows a task twice (two runs of it), the later line counts.
Tasks ParseQueue(const std::string& answer);

// Of AccountingArguments. A line may stand for several waiting tasks, "12_[4-10]": they are not lost, and are left out.
Tasks ParseAccounting(const std::string& answer);

// "ExitCode=3:0" of JobArguments; 128 + the signal where one ended it.
std::optional<int> ParseExitCode(const std::string& answer);

// "NAME = VALUE" lines of ConfigurationArguments.
std::map<std::string, std::string> ParseConfiguration(const std::string& answer);

// The lines of PartitionsArguments, each "NAME=VALUE NAME=VALUE ...".
std::vector<std::map<std::string, std::string>> ParsePartitions(const std::string& answer);

// Unit: seconds. "1-00:00:00", "00:10:00", "10:00" (minutes and seconds); nothing for "UNLIMITED" and all else.
std::optional<double> ParseDuration(const std::string& text);

}  // namespace ablate::runner::slurm
