// What `ablate evaluate` and `ablate analyze` have in common: finished trials of an experiment, their weights, a worker that
// answers, and a table of what came of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/spec/plan.h"
#include "proto/event.pb.h"
#include "runner/cli/command_line.h"
#include "runner/cli/missing_evaluations.h"
#include "runner/cli/provenance.h"
#include "runner/cli/spec_options.h"

namespace ablate::runner {

struct EvaluationVerb {
  // What each trial is to have, by plan and data folder. InvalidArgument and NotFound are the experiment's fault.
  std::function<absl::StatusOr<std::vector<WantedEvaluation>>(const spec::Plan&, const std::string&)> wanted;
  std::function<std::string(const EvaluationResult&)> told;  // one line of a result that did not fail
  std::string summary;                                       // SQL with :experiment, printed at the end
};

ExitCode MakeEvaluations(const SpecOptions& options, Provenance& provenance, const EvaluationVerb& verb);

}  // namespace ablate::runner
