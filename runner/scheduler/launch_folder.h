// The folder of a launch, as proto/launch.proto describes it: made before the worker hears of it, tidied when it is over.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/launch.pb.h"

namespace ablate::runner {

// A name that no other launch has, and that sorts by time: "20261122-083345-5f3a9c1e".
std::string NewLaunchName();

absl::Status MakeLaunchFolder(const std::string& folder, const LaunchRequest& request);

// Ids of the trials that the launch's request holds. NotFound, DataLoss.
absl::StatusOr<std::vector<std::string>> RequestedTrials(const std::string& folder);

// Asks the launch to checkpoint all its trials and to end.
absl::Status AskToLeave(const std::string& folder);

// Asks one trial of the launch to stop for good.
absl::Status AskToStop(const std::string& folder, const std::string& trial);

// Removes what is of no use after the launch: commands, empty folders, an empty log.txt.
void TidyLaunchFolder(const std::string& folder);

// The last lines of a file joined by " | ", at most `lines` of them and 500 bytes; empty if it has none, or is not there.
std::string EndOfText(const std::string& path, int lines);

// As above, of log.txt.
std::string EndOfLogText(const std::string& folder, int lines);

}  // namespace ablate::runner
