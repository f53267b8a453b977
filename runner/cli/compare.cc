#include "runner/cli/compare.h"

#include <memory>
#include <string>
#include <vector>

#include "analysis/compare.h"
#include "analysis/compare_text.h"
#include "analysis/experiment_results.h"
#include "analysis/trial_results.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "runner/cli/common_options.h"
#include "runner/cli/experiment_name.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"

namespace ablate::runner {
namespace {

struct Options {
  std::string database, target, field, baseline;
  Output output;
};

absl::Status Show(const std::string& experiment, const Options& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, OpenStore(options.database));
  ASSIGN_OR_RETURN(const analysis::ExperimentResults results, analysis::ReadExperiment(*reader, experiment));
  ASSIGN_OR_RETURN(const std::vector<analysis::TrialResult> trials, analysis::ReadTrials(*reader, experiment));
  ASSIGN_OR_RETURN(const analysis::FieldComparison comparison,
                   analysis::CompareBy(trials, results.maximize(), options.field, options.baseline));
  if (IsTable(options.output)) return PrintText(analysis::ComparisonText(results, comparison, OutputWidth(options.output)));
  auto context = Context(options.database, results.name);
  const std::vector<std::pair<std::string, std::string>> more = {{"metric", results.metric},
                                                                 {"goal", results.goal},
                                                                 {"at", results.at},
                                                                 {"field", comparison.field},
                                                                 {"baseline", comparison.baseline},
                                                                 {"confidence", ShortestNumber(analysis::kConfidence)}};
  context.insert(context.end(), more.begin(), more.end());
  const bool people = IsForPeople(options.output);
  return Print(people ? analysis::ComparisonForPeople(comparison) : analysis::ComparisonTable(comparison), options.output,
               context);
}

ExitCode RunCompare(const Options& options) {
  const absl::StatusOr<std::string> experiment = ExperimentName(options.target);
  if (!experiment.ok()) return Fail(ExitCode::kBadSpec, experiment.status());
  const absl::Status status = Show(*experiment, options);
  return status.ok() ? ExitCode::kAllWell : Fail(CodeOf(status), status);
}

}  // namespace

void AddCompare(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb = line.AddVerb("compare", "What one field does, over trials that agree in all others",
                                  [options] { return RunCompare(*options); });
  verb.Add("experiment", options->target, "Name of an experiment in the database, or its file")
      .Required()
      .Type("EXPERIMENT|SPEC");
  verb.Add("--by", options->field, "Path of a field that varies, or its last part: attention.alpha, alpha")
      .Required()
      .Type("FIELD");
  verb.Add("--baseline", options->baseline, "Compare with this value. Default: the field's default, or the first")
      .Type("VALUE");
  AddDatabaseOption(verb, options->database);
  AddOutputOptions(verb, options->output);
  verb.AddFooter(
      "Differences are paired by seed and taken between trials that agree in all other fields that both read; p values are\n"
      "Holm-corrected. csv, tsv, json and jsonl have every statistic: bootstrap intervals, effect sizes, seeds needed.\n"
      "Examples:\n"
      "  ablate compare experiments/quickstart.textproto --by normalizer\n"
      "  ablate compare quickstart --by attention.sparsity.level --baseline 0.5\n"
      "  ablate compare quickstart --by alpha --format latex > alpha.tex");
}

}  // namespace ablate::runner
