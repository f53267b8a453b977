#include "runner/backends/slurm/cluster.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "lib/base/status_macros.h"
#include "runner/backends/slurm/answers.h"
#include "runner/backends/slurm/call.h"

namespace ablate::runner::slurm {
namespace {

constexpr double kLimitSeconds = 30;
// Slurm's own defaults, for answers that lack them.
constexpr uint32_t kMaxArraySize = 1001, kMaxJobs = 10000;

uint32_t Number(const std::map<std::string, std::string>& values, const std::string& name, uint32_t otherwise) {
  const auto found = values.find(name);
  uint32_t number = 0;
  return found != values.end() && absl::SimpleAtoi(found->second, &number) ? number : otherwise;
}

}  // namespace

absl::StatusOr<Cluster> AskCluster(const Commands& commands) {
  ASSIGN_OR_RETURN(const std::string configuration, Ask(ConfigurationArguments(commands), kLimitSeconds));
  ASSIGN_OR_RETURN(const std::string partitions, Ask(PartitionsArguments(commands), kLimitSeconds));
  const auto values = ParseConfiguration(configuration);
  Cluster cluster;
  if (const auto version = values.find("SLURM_VERSION"); version != values.end()) cluster.version = version->second;
  cluster.max_array_size = Number(values, "MaxArraySize", kMaxArraySize);
  cluster.max_jobs = Number(values, "MaxJobCount", kMaxJobs);
  const auto storage = values.find("AccountingStorageType");
  cluster.accounting = storage != values.end() && absl::StrContains(storage->second, "slurmdbd") && !commands.sacct.empty();
  cluster.partitions = ParsePartitions(partitions);
  return cluster;
}

uint32_t MostTasks(const Cluster& cluster) { return std::max(1u, cluster.max_array_size - 1); }

}  // namespace ablate::runner::slurm
