// --backend and what goes with it: flags that take the place of fields of launching.slurm.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/experiment.pb.h"
#include "runner/cli/command_line.h"
#include "runner/devices/devices.h"

namespace ablate::runner {

struct BackendOptions {
  std::string backend = "local";
  std::string partition, account, qos, constraint, gres, shared_folder;
  int time_minutes = 0;
  std::vector<std::string> sbatch_lines;

  bool slurm() const { return backend == "slurm"; }
};

// --backend local|slurm, --partition, --account, --qos, --constraint, --gres, --time, --sbatch, --shared.
void AddBackendOptions(VerbOptions verb, BackendOptions& options);

// The experiment's settings with the flags laid over them. InvalidArgument on what no script can hold.
absl::StatusOr<Slurm> SettingsOf(const Slurm& experiment, const BackendOptions& flags);

// What launches compute on: devices of this machine (ChosenDevices); with Slurm those of one task, which are the inventory of a
// file where --devices names one, else a GPU where the settings ask for devices, else their CPUs.
absl::StatusOr<Devices> DevicesOfBackend(const BackendOptions& flags, const Slurm& experiment, const std::string& devices,
                                         const std::string& worker);

}  // namespace ablate::runner
