// Session's part about launches that a backend ran on without a runner: a new runner follows them from where they are.
#include <fmt/format.h>

#include <utility>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "runner/scheduler/launch_folder.h"
#include "runner/scheduler/session.h"

namespace ablate::runner {
// Launches of other experiments stay as they are: a run of theirs will find them.
absl::Status Session::Adopt() {
  ASSIGN_OR_RETURN(const auto open, store_.OpenLaunches());
  Backend::Launches ours;
  std::map<std::string, std::vector<TrialIndex>> trials;
  for (const auto& [name, recorded_folder] : open) {
    const std::string folder = JoinPath(ParentFolder(store_.path()), recorded_folder);
    const auto ids = RequestedTrials(folder);
    if (!ids.ok()) continue;
    auto indices = ledger_.Indices(*ids);
    if (!indices.ok()) continue;
    trials[name] = *std::move(indices);
    ours.emplace_back(name, folder);
  }
  for (const auto& [name, folder] : backend_.Adopt(ours)) {
    collector_.Watch(name, folder);
    RETURN_IF_ERROR(collector_.Collect(name).status());
    adopted_.push_back({name, folder, std::move(trials[name]), begun_before_.count(name) > 0});
  }
  if (!adopted_.empty()) observer_.Remark(fmt::format("{} launches have gone on without a runner", adopted_.size()));
  return absl::OkStatus();
}

absl::Status Session::PlaceAdopted() {
  if (slots_.size() < adopted_.size()) slots_.resize(adopted_.size());
  for (size_t slot = 0; slot < adopted_.size(); ++slot) {
    const Adopted& adopted = adopted_[slot];
    Array array{0, ledger_.Runnables(adopted.trials)};
    array.number = scheduler_.Adopt(array.trials);
    RunningLaunch& launch = slots_[slot].emplace(adopted.name, adopted.folder, array, Clock::now());
    if (adopted.begun) launch.set_begun();
    for (const TrialIndex trial : adopted.trials) {
      const TrialState state = ledger_.state(trial);
      // One that waits has left its task, which will start it again or will not: that is to be seen.
      if (state == TrialState::kPending) ledger_.SetState(trial, TrialState::kRunning);
      if (state != TrialState::kPending && state != TrialState::kRunning) launch.Close(trial);
    }
  }
  uint64_t placed = 0;
  for (const auto& launch : slots_) placed += launch ? launch->Open(ledger_).size() : 0;
  const uint64_t running = Count(ledger_.counts(), TrialState::kRunning);
  if (running > placed) {
    observer_.Remark(
        fmt::format("{} trials are in launches of Slurm jobs: `ablate run --backend slurm` follows them", running - placed));
  }
  adopted_.clear();
  return absl::OkStatus();
}

}  // namespace ablate::runner
