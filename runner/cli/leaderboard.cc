#include "runner/cli/leaderboard.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "analysis/claims.h"
#include "analysis/experiment_results.h"
#include "analysis/leaderboard.h"
#include "analysis/leaderboard_text.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "runner/cli/common_options.h"
#include "runner/cli/experiment_name.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"

namespace ablate::runner {
namespace {

using analysis::ArmResults;
using analysis::ExperimentResults;

struct Options {
  std::string database, target, baseline;
  bool claims = false;
  Output output;
};

// The arm asked for; else the baseline of the claims, if they agree on one.
absl::StatusOr<std::string> Baseline(const ExperimentResults& results, const std::string& asked) {
  std::vector<std::string> names;
  for (const ArmResults& arm : results.arms) names.push_back(arm.arm);
  if (!asked.empty()) {
    if (std::count(names.begin(), names.end(), asked) > 0) return asked;
    return absl::InvalidArgumentError(
        fmt::format("--baseline: no arm \"{}\" in {}{}", asked, results.name, DidYouMean(asked, names)));
  }
  if (results.claims.empty()) return "";
  const std::string& first = results.claims[0].baseline;
  const bool agree = std::all_of(results.claims.begin(), results.claims.end(),
                                 [&](const analysis::Claim& claim) { return claim.baseline == first; });
  return agree ? first : "";
}

std::vector<std::pair<std::string, std::string>> ContextOf(const Options& options, const ExperimentResults& results,
                                                           const std::string& baseline) {
  auto context = Context(options.database, results.name);
  const std::vector<std::pair<std::string, std::string>> more = {{"metric", results.metric},
                                                                 {"goal", results.goal},
                                                                 {"at", results.at},
                                                                 {"baseline", baseline},
                                                                 {"confidence", ShortestNumber(analysis::kConfidence)}};
  context.insert(context.end(), more.begin(), more.end());
  return context;
}

absl::Status Show(const std::string& experiment, const Options& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, OpenStore(options.database));
  ASSIGN_OR_RETURN(const ExperimentResults results, analysis::ReadExperiment(*reader, experiment));
  ASSIGN_OR_RETURN(const std::string baseline, Baseline(results, options.baseline));
  const auto standings = analysis::Leaderboard(results.arms, results.maximize(), baseline);
  const auto claims = analysis::JudgeClaims(results.claims, results.arms);
  const auto context = ContextOf(options, results, baseline);
  if (options.claims) return Print(analysis::ClaimsTable(claims), options.output, context);
  if (!IsForPeople(options.output)) {
    return Print(analysis::LeaderboardTable(standings, !baseline.empty()), options.output, context);
  }
  if (!IsTable(options.output)) return Print(analysis::LeaderboardForPeople(standings, baseline), options.output, context);
  return PrintText(analysis::LeaderboardText(results, standings, claims, baseline, OutputWidth(options.output)));
}

ExitCode RunLeaderboard(const Options& options) {
  const absl::StatusOr<std::string> experiment = ExperimentName(options.target);
  if (!experiment.ok()) return Fail(ExitCode::kBadSpec, experiment.status());
  const absl::Status status = Show(*experiment, options);
  return status.ok() ? ExitCode::kAllWell : Fail(CodeOf(status), status);
}

}  // namespace

void AddLeaderboard(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb = line.AddVerb("leaderboard", "Which arm of an experiment is best, and which ones tie with it",
                                  [options] { return RunLeaderboard(*options); });
  verb.Add("experiment", options->target, "Name of an experiment in the database, or its file")
      .Required()
      .Type("EXPERIMENT|SPEC");
  verb.Add("--baseline", options->baseline, "Also compare every arm with this one. Default: the claims' baseline").Type("ARM");
  verb.AddFlag("--claims", options->claims, "Print the verdicts on the experiment's claims instead, as rows");
  AddDatabaseOption(verb, options->database);
  AddOutputOptions(verb, options->output);
  verb.AddFooter(
      "Differences are means of paired differences over the seeds that both arms have, with 95 % t intervals.\n"
      "tie: p >= 0.05 in a paired t test, Holm-corrected for the number of arms. open: fewer than two seeds in common.\n"
      "best seed: the best of all seeds, which grows with their number. More: docs/querying.md, analysis/README.md.\n"
      "Examples:\n"
      "  ablate leaderboard experiments/quickstart.textproto\n"
      "  ablate leaderboard quickstart --baseline softmax\n"
      "  ablate leaderboard quickstart --format csv         every digit, bounds in columns of their own\n"
      "  ablate leaderboard quickstart --format latex       as it is read, for a paper");
}

}  // namespace ablate::runner
