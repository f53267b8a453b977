#include "runner/cli/experiment_name.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/spec/spec.h"

namespace ablate::runner {

absl::StatusOr<std::string> ExperimentName(const std::string& target) {
  if (!absl::StrContains(target, '/') && !absl::EndsWith(target, ".textproto") && !FileExists(target)) return target;
  spec::Options options;
  options.data_folder = ParentFolder(target);
  options.check_files = false;
  ASSIGN_OR_RETURN(const spec::Plan plan, spec::LoadPlan(target, options));
  return plan.experiment.name();
}

}  // namespace ablate::runner
