// What a database says about the state of its experiments, as text and as JSON.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/store/reader.h"
#include "runner/cli/slurm_status.h"

namespace ablate::runner {

struct StatusReport {
  std::string writer;        // who writes the database just now; empty: nobody
  store::Table experiments;  // experiment, a column per state, trials
  store::Table launches;     // that run: launch, device, host, pid, trials, arm (of one of them), step (the newest)
  SlurmTasks slurm;          // not asked by ReadStatus
};

// `experiment` empty: all. NotFound for an unknown one, with the nearest name.
absl::StatusOr<StatusReport> ReadStatus(const std::string& database, const std::string& experiment);

// At most `width` columns wide.
std::string StatusText(const StatusReport& report, int width);
std::string StatusJson(const StatusReport& report, const std::string& database);

// Whether something still goes on: a runner is there, and trials wait or run.
bool GoesOn(const StatusReport& report);

}  // namespace ablate::runner
