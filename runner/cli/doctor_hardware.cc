// The machine: cores, memory, GPUs, and what the worker says that it can use of them.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/version.h"
#include "runner/cli/doctor_checks.h"
#include "runner/cli/run_program.h"
#include "runner/devices/cpu.h"
#include "runner/devices/cuda.h"
#include "runner/devices/memory.h"

namespace ablate::runner {
namespace {

using Level = Finding::Level;

constexpr double kGigabyte = 1e9;
constexpr double kLowMemory = 2;    // GB: a worker with LibTorch takes about half of one before it holds a model
constexpr int kWorkerSeconds = 30;  // a worker answers within one second; on a cold network disk it may take twenty

// "MemAvailable" of /proc/meminfo in GB; negative where it isn't there.
double MemoryInfo(const std::string& name) {
  const absl::StatusOr<std::string> text = ReadFile("/proc/meminfo");
  if (!text.ok()) return -1;
  const size_t at = text->find(name + ":");
  return at == std::string::npos ? -1 : std::atof(text->c_str() + at + name.size() + 1) * 1024 / kGigabyte;
}

std::string TextAt(const nlohmann::json& description, const char* key) {
  const auto found = description.find(key);
  if (found == description.end()) return "unknown";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

Finding CudaOf(const nlohmann::json& description) {
  const auto plugin = description.find("cuda_plugin");
  const bool built = plugin != description.end() && plugin->is_boolean() && plugin->get<bool>();
  if (built) return {Level::kOk, "cuda", "kernels are built in", ""};
  return {Level::kOk, "cuda", "a CPU build: built without the CUDA Toolkit",
          "for GPUs: install the Toolkit, so that nvcc is on the PATH, and build again"};
}

double Gigabytes(uint64_t bytes) { return static_cast<double>(bytes) / kGigabyte; }

// With who else is on it: memory that others hold makes arrays smaller.
Finding DescribeGpu(const CudaDevice& device) {
  Finding finding{Level::kOk, "gpus",
                  fmt::format("{}: {}, {:.0f} of {:.0f} GB free, {}", device.device, device.name, Gigabytes(device.free_bytes),
                              Gigabytes(device.memory_bytes), device.uuid),
                  ""};
  for (const CudaProcess& process : device.processes) {
    finding.level = Level::kNote;
    finding.text += fmt::format("; process {}{} holds {}", process.pid, process.program.empty() ? "" : " " + process.program,
                                process.bytes > 0 ? fmt::format("{:.1f} GB", Gigabytes(process.bytes)) : "some of it");
    finding.advice = "arrays are sized by what is free when a run starts; --devices names other GPUs";
  }
  return finding;
}

}  // namespace

Finding CheckCores() {
  const uint32_t cores = UsableCores(), quota = QuotaOfControlGroup("");
  Finding finding{Level::kOk, "cores", fmt::format("{} usable, one slot each", cores), ""};
  if (quota > 0) finding.text += fmt::format("; quota of the control group: {}", quota);
  const char* const instructions = __builtin_cpu_supports("avx512f") ? "AVX-512"
                                   : __builtin_cpu_supports("avx2")  ? "AVX2"
                                                                     : "neither AVX2 nor AVX-512: slow";
  finding.text += fmt::format("; {}", instructions);
  return finding;
}

Finding CheckMemory() {
  const double total = MemoryInfo("MemTotal"), available = Gigabytes(AvailableMemory(""));
  if (total < 0 || available <= 0) return {Level::kNote, "memory", "/proc/meminfo does not say", ""};
  Finding finding{Level::kOk, "memory", fmt::format("{:.1f} of {:.1f} GB available to this process", available, total), ""};
  if (available >= kLowMemory) return finding;
  finding.level = Level::kNote;
  finding.advice = "each worker takes about 0.5 GB and its models: use fewer slots (`ablate run --devices`)";
  return finding;
}

std::vector<Finding> CheckGpus() {
  const absl::StatusOr<std::vector<CudaDevice>> devices = ListCudaDevices(std::getenv("CUDA_VISIBLE_DEVICES"));
  if (absl::IsNotFound(devices.status())) return {{Level::kOk, "gpus", "none: no NVIDIA driver; trials run on the CPU", ""}};
  if (!devices.ok()) {
    return {{Level::kProblem, "gpus", std::string(devices.status().message()), "repair the driver, or run with --devices cpu"}};
  }
  if (devices->empty()) return {{Level::kNote, "gpus", "a driver, but no visible device", "see $CUDA_VISIBLE_DEVICES"}};
  std::vector<Finding> findings;
  for (const CudaDevice& device : *devices) findings.push_back(DescribeGpu(device));
  return findings;
}

std::vector<Finding> CheckWorker(const absl::StatusOr<std::string>& worker) {
  if (!worker.ok()) {
    return {
        {Level::kProblem, "worker", std::string(worker.status().message()), "bazel build //:ablate-worker, or tools/install"}};
  }
  const absl::StatusOr<std::string> output = OutputOf({*worker, "--describe"}, kWorkerSeconds);
  if (!output.ok()) {
    return {
        {Level::kProblem, "worker", std::string(output.status().message()),
         fmt::format("see what it says: {} --describe; a missing library means that tools/setup is to be run again", *worker)}};
  }
  const nlohmann::json description = nlohmann::json::parse(*output, nullptr, false);
  if (!description.is_object()) {
    return {
        {Level::kProblem, "worker", *worker + " --describe prints no JSON object", "name another worker by $ABLATE_WORKER"}};
  }
  const std::string version = TextAt(description, "version");
  Finding finding{
      Level::kOk, "worker",
      fmt::format("{}: version {}, torch {}, instruction set {}, devices {}", *worker, version, TextAt(description, "torch"),
                  TextAt(description, "instruction_set"), TextAt(description, "devices")),
      ""};
  if (version != kVersion && version != fmt::format("ablate {}", kVersion)) {
    finding.level = Level::kNote;
    finding.advice = fmt::format("this is ablate {}: build or install both together", kVersion);
  }
  return {finding, CudaOf(description)};
}

}  // namespace ablate::runner
