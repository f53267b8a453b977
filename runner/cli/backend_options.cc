#include "runner/cli/backend_options.h"

#include <algorithm>
#include <utility>

#include "lib/base/status_macros.h"
#include "runner/backends/slurm/script.h"
#include "runner/cli/run_devices.h"
#include "runner/devices/inventory.h"

namespace ablate::runner {

void AddBackendOptions(VerbOptions verb, BackendOptions& options) {
  verb.Add("--backend", options.backend, "Where launches run: local, or slurm. Default: local")
      .OneOf({"local", "slurm"})
      .Type("NAME");
  const auto add = [&](const char* name, std::string& value, const char* what, const char* type) {
    verb.Add(name, value, what).Group("Slurm").Type(type);
  };
  add("--partition", options.partition, "Partition of the tasks", "NAME");
  add("--account", options.account, "Account that pays for them", "NAME");
  add("--qos", options.qos, "Their quality of service", "NAME");
  add("--constraint", options.constraint, "Features that their nodes must have", "FEATURES");
  add("--gres", options.gres, "Devices of a task: gpu:1, shard:1. Default: none, CPUs", "DEVICES");
  add("--shared", options.shared_folder, "Folder that all nodes see, for launch folders. Default: beside --db", "FOLDER");
  verb.Add("--time", options.time_minutes, "Longest time of a task").Group("Slurm").Between(1, 525600).Type("MINUTES");
  verb.Add("--sbatch", options.sbatch_lines, "A further option of sbatch: --sbatch=--exclude=n3. Repeatable")
      .Group("Slurm")
      .Type("OPTION");
}

absl::StatusOr<Slurm> SettingsOf(const Slurm& experiment, const BackendOptions& flags) {
  Slurm settings = experiment;
  if (!flags.partition.empty()) settings.set_partition(flags.partition);
  if (!flags.account.empty()) settings.set_account(flags.account);
  if (!flags.qos.empty()) settings.set_qos(flags.qos);
  if (!flags.constraint.empty()) settings.set_constraint(flags.constraint);
  if (!flags.gres.empty()) settings.set_gres(flags.gres);
  if (!flags.shared_folder.empty()) settings.set_shared_folder(flags.shared_folder);
  if (flags.time_minutes > 0) settings.set_time_minutes(static_cast<uint32_t>(flags.time_minutes));
  for (const std::string& line : flags.sbatch_lines) settings.add_sbatch_line(line);
  RETURN_IF_ERROR(slurm::CheckSettings(settings));
  return settings;
}

absl::StatusOr<Devices> DevicesOfBackend(const BackendOptions& flags, const Slurm& experiment, const std::string& devices,
                                         const std::string& worker) {
  if (!flags.slurm() || IsInventoryPath(devices)) return ChosenDevices(devices, worker);
  ASSIGN_OR_RETURN(const Slurm settings, SettingsOf(experiment, flags));
  Inventory inventory;
  Device& device = *inventory.add_device();
  if (settings.gres().empty()) {
    device.set_device("cpu");
    device.set_cores(std::max(1u, settings.cpus()));
  } else {
    device.set_device("cuda:0");  // of those that Slurm lets the task see
  }
  return Devices{std::move(inventory), ""};
}

}  // namespace ablate::runner
