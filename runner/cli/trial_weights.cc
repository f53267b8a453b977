#include "runner/cli/trial_weights.h"

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "runner/cli/missing_evaluations.h"

namespace ablate::runner {

absl::StatusOr<FinishedTrial> FindFinishedTrial(const store::Reader& reader, const std::string& id,
                                                const std::string& database) {
  ASSIGN_OR_RETURN(const auto all, WeightsOf(reader, database));
  const auto found = all.find(id);
  if (found == all.end()) return absl::FailedPreconditionError(fmt::format("trial {} has not succeeded yet", id));
  if (found->second.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("trial {} has no weights any more; launching {{ keep_weights: true }} would have kept them", id));
  }
  // .../LAUNCH/checkpoints/ID.safetensors
  const std::string folder = ParentFolder(ParentFolder(found->second)), path = JoinPath(folder, "launch.pb");
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  LaunchRequest launch;
  if (!launch.ParseFromString(bytes)) return absl::DataLossError(path + ": is no LaunchRequest");
  for (const TrialRequest& trial : launch.trial()) {
    if (trial.id() != id) continue;
    FinishedTrial finished{trial, launch.data_folder()};
    finished.request.set_checkpoint(found->second);
    finished.request.clear_evaluation();
    return finished;
  }
  return absl::DataLossError(fmt::format("{}: has no trial {}", path, id));
}

}  // namespace ablate::runner
