#include "runner/cli/slurm_status.h"

#include <map>
#include <tuple>
#include <vector>

#include "fmt/format.h"
#include "runner/backends/slurm/answers.h"
#include "runner/backends/slurm/call.h"
#include "runner/backends/slurm/commands.h"
#include "runner/backends/slurm/states.h"
#include "runner/backends/slurm/submission.h"
#include "runner/scheduler/commands.h"

namespace ablate::runner {
namespace {

constexpr double kLimitSeconds = 10;

std::string Shown(const std::string& text) { return text == "None" ? "" : text; }

}  // namespace

SlurmTasks AskSlurmTasks(const std::string& database) {
  SlurmTasks answer;
  answer.tasks.columns = {"job", "state", "reason", "node", "tasks"};
  const std::vector<std::string> names = slurm::OpenSubmissions(LaunchesFolder(database));
  if (names.empty()) return answer;
  const auto commands = slurm::FindCommands();
  const auto queue = commands.ok() ? slurm::Ask(slurm::QueueArguments(*commands, names), kLimitSeconds)
                                   : absl::StatusOr<std::string>(commands.status());
  if (!queue.ok()) {
    answer.remark =
        fmt::format("{} array jobs may be in Slurm's queue: {}", names.size(), std::string(queue.status().message()));
    return answer;
  }
  std::map<std::tuple<std::string, std::string, std::string, std::string>, int64_t> alike;
  for (const auto& [task, status] : slurm::ParseQueue(*queue)) {
    if (slurm::PhaseOf(status.state) == slurm::Phase::kOver) continue;
    ++alike[{status.job, status.state, Shown(status.reason), status.nodes}];
  }
  for (const auto& [words, count] : alike) {
    const auto& [job, state, reason, node] = words;
    answer.tasks.rows.push_back({job, state, reason, node, count});
  }
  return answer;
}

}  // namespace ablate::runner
