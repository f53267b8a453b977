#include "runner/cli/evaluate.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/status_macros.h"
#include "runner/cli/evaluation_verb.h"
#include "runner/cli/provenance.h"
#include "runner/cli/spec_options.h"

namespace ablate::runner {
namespace {

struct Options : SpecOptions {
  int argc = 0;
  const char* const* argv = nullptr;
};

constexpr char kFooter[] =
    R"(The sets are the experiment's `evaluation` blocks; adding one changes no trial. Weights are there where trials were run with
`evaluation` blocks or launching { keep_weights: true }. What was evaluated before is not evaluated again, whatever the file is
called now. Each example's prediction is kept. Ctrl-C once: stop between two evaluations.

Examples:
  ablate evaluate experiments/crisp/levels.textproto --data ~/data --db crisp.db
  ablate query evaluation_results --db crisp.db
  ablate query paired_errors --param experiment=NAME --param arm=A --param baseline=B --param evaluation=SET)";

constexpr char kSummary[] =
    "SELECT evaluation, arm, COUNT(*) AS trials, AVG(value) AS mean_accuracy, MIN(value) AS lowest, MAX(value) AS highest,"
    "       MAX(examples) AS examples"
    "  FROM evaluation_results WHERE experiment = :experiment AND metric = 'accuracy' GROUP BY evaluation, arm ORDER BY 1, 4 "
    "DESC";

absl::StatusOr<std::vector<WantedEvaluation>> Wanted(const spec::Plan& plan, const std::string& data_folder) {
  if (plan.experiment.evaluation().empty()) {
    return absl::InvalidArgumentError(
        fmt::format("experiment \"{}\" has no evaluation {{ name: ... file: ... }}", plan.experiment.name()));
  }
  std::vector<WantedEvaluation> wanted;
  for (const EvaluationSet& set : plan.experiment.evaluation()) {
    ASSIGN_OR_RETURN(const std::string digest, DigestOfSet(set, data_folder));
    WantedEvaluation one;
    *one.request.mutable_set() = set;
    EvaluationSet content = set;
    content.clear_file();
    one.identity = fmt::format("evaluation 1\n{}\n{}\n", content.ShortDebugString(), digest);
    wanted.push_back(std::move(one));
  }
  return wanted;
}

ExitCode Evaluate(const Options& options) {
  Provenance provenance(options.argc, options.argv);
  const auto told = [](const EvaluationResult& result) { return fmt::format("accuracy {:.4f}", result.value(0)); };
  return MakeEvaluations(options, provenance, {Wanted, told, kSummary});
}

}  // namespace

void AddEvaluate(CommandLine& line, int argc, const char* const* argv) {
  auto options = std::make_shared<Options>();
  options->argc = argc;
  options->argv = argv;
  VerbOptions verb = line.AddVerb("evaluate", "Evaluate finished trials of an experiment on its second sets",
                                  [options] { return Evaluate(*options); });
  AddSpecOptions(verb, *options);
  verb.AddFooter(kFooter);
}

}  // namespace ablate::runner
