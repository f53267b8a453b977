#include "runner/cli/run_devices.h"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "lib/base/status_macros.h"
#include "runner/cli/run_program.h"
#include "runner/devices/cpu.h"
#include "runner/devices/cuda.h"
#include "runner/devices/inventory.h"
#include "runner/devices/memory.h"

namespace ablate::runner {
namespace {

constexpr int kDescribeSeconds = 60;  // a cold start of CUDA takes seconds

bool WorkerHasCuda(const std::string& worker) {
  if (worker.empty()) return false;
  const auto said = OutputOf({worker, "--describe"}, kDescribeSeconds);
  if (!said.ok()) return false;
  const auto description = nlohmann::json::parse(*said, nullptr, /*allow_exceptions=*/false);
  return description.is_object() && description.value("cuda_plugin", false);
}

}  // namespace

void AddDevicesOption(VerbOptions verb, std::string& devices) {
  devices = "auto";
  verb.Add("--devices", devices,
           "auto (GPUs if the worker can use them, else all cores), cpu, cpu:N, cuda, cuda:0,1, or an inventory: "
           "FILE.textproto")
      .Type("DEVICES");
}

absl::StatusOr<Devices> ChosenDevices(const std::string& devices, const std::string& worker) {
  if (IsInventoryPath(devices)) {
    ASSIGN_OR_RETURN(Inventory inventory, ReadInventory(devices));
    return Devices{std::move(inventory), ""};
  }
  Machine machine;
  machine.cores = UsableCores();
  machine.available_bytes = AvailableMemory("");
  machine.cuda_devices = [] { return ListCudaDevices(std::getenv("CUDA_VISIBLE_DEVICES")); };
  machine.worker_has_cuda = [&worker] { return WorkerHasCuda(worker); };
  return DevicesFor(devices, machine);
}

ExitCode CodeOfDevices(const absl::Status& status) {
  return absl::IsInvalidArgument(status) ? ExitCode::kBadUsage : ExitCode::kNoDevice;
}

}  // namespace ablate::runner
