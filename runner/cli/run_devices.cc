#include "runner/cli/run_devices.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "runner/cli/run_program.h"
#include "runner/devices/cpu.h"
#include "runner/devices/cuda.h"

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

void AddDevicesOption(CLI::App& command, std::string& devices) {
  devices = "auto";
  command
      .add_option("--devices", devices, "auto (GPUs if the worker can use them, else all cores), cpu, cpu:N, cuda, cuda:0,1")
      ->type_name("DEVICES");
}

absl::StatusOr<Slots> SlotsOfThisMachine(const std::string& devices, const std::string& worker) {
  Machine machine;
  machine.cores = UsableCores();
  machine.cuda_devices = [] { return ListCudaDevices(std::getenv("CUDA_VISIBLE_DEVICES")); };
  machine.worker_has_cuda = [&worker] { return WorkerHasCuda(worker); };
  return SlotsFor(devices, machine);
}

}  // namespace ablate::runner
