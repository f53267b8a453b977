#include "runner/cli/backend_options.h"

#include <algorithm>
#include <utility>

#include "lib/base/status_macros.h"
#include "runner/backends/slurm/script.h"
#include "runner/cli/run_devices.h"
#include "runner/devices/inventory.h"

namespace ablate::runner {

void AddBackendOptions(CLI::App& command, BackendOptions& options) {
  command.add_option("--backend", options.backend, "Where launches run. Default: local")
      ->check(CLI::IsMember({"local", "slurm"}))
      ->type_name("local|slurm");
  const auto add = [&](const char* name, std::string& value, const char* what) {
    command.add_option(name, value, what)->group("Slurm")->type_name("NAME");
  };
  add("--partition", options.partition, "Partition of the tasks");
  add("--account", options.account, "Account that pays for them");
  add("--qos", options.qos, "Their quality of service");
  add("--constraint", options.constraint, "Features that their nodes must have");
  add("--gres", options.gres, "Devices of a task: gpu:1, shard:1; none: CPUs");
  command.add_option("--time", options.time_minutes, "Longest time of a task, in minutes")
      ->group("Slurm")
      ->check(CLI::Range(1, 525600))
      ->type_name("MINUTES");
  command.add_option("--sbatch", options.sbatch_lines, "A further option of sbatch, as --sbatch=--exclude=n3. Repeatable")
      ->group("Slurm")
      ->type_name("OPTION")
      ->expected(1)
      ->take_all();
  command.add_option("--shared", options.shared_folder, "Folder that all nodes see, for launch folders. Default: beside --db")
      ->group("Slurm")
      ->type_name("FOLDER");
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
