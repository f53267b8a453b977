// cancel and retry: what they do to the store, and how they reach a runner that holds it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/store/writer.h"

namespace ablate::runner {

struct Command {
  enum class Kind {
    kCancel,  // what waits is cancelled, what runs is stopped
    kRetry,   // what failed, stopped or was cancelled waits again
  };
  Kind kind = Kind::kCancel;
  std::string experiment;
};

// "<database>.control" and "<database>.launches".
std::string ControlFolder(const std::string& database);
std::string LaunchesFolder(const std::string& database);

// Folder beside the launches for what a backend keeps about many of them.
inline constexpr char kSubmissionsFolder[] = "slurm";

// Leaves the command for the runner of the database, as a file; its path.
absl::StatusOr<std::string> LeaveCommand(const std::string& database, const Command& command);

// Takes the commands that were left, oldest name first; files that are no commands stay.
std::vector<Command> TakeCommands(const std::string& database);

// The part of a command that is about the store: the ids of the trials whose state it changed. Running trials keep theirs.
// NotFound for an unknown experiment.
absl::StatusOr<std::vector<std::string>> Execute(const Command& command, store::Writer& store);

}  // namespace ablate::runner
