#include "runner/cli/diff.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "lib/base/status_macros.h"
#include "runner/cli/common_options.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"
#include "runner/cli/trial_diff.h"
#include "runner/cli/trial_report.h"

namespace ablate::runner {
namespace {

struct Options {
  std::string database, a, b;
  Output output;
};

absl::Status Diff(const Options& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, OpenStore(options.database));
  ASSIGN_OR_RETURN(const std::string a, FindTrial(*reader, options.a));
  ASSIGN_OR_RETURN(const std::string b, FindTrial(*reader, options.b));
  ASSIGN_OR_RETURN(const store::Table table, TrialDifferences(*reader, a, b));
  if (table.rows.empty() && IsTable(options.output))
    return PrintText(fmt::format("Nothing differs between {} and {}.\n", a, b));
  auto context = Context(options.database, "diff");
  context.emplace_back("a", a);
  context.emplace_back("b", b);
  return Print(table, options.output, context);
}

ExitCode RunDiff(const Options& options) {
  const absl::Status status = Diff(options);
  return status.ok() ? ExitCode::kAllWell : Fail(CodeOf(status), status);
}

}  // namespace

void AddDiff(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb = line.AddVerb("diff", "What differs between two trials: settings, origin, results",
                                  [options] { return RunDiff(*options); });
  verb.Add("a", options->a, "A trial's id, or a beginning that no other id has").Required().Type("A");
  verb.Add("b", options->b, "The other one").Required().Type("B");
  AddDatabaseOption(verb, options->database);
  AddOutputOptions(verb, options->output);
  verb.AddFooter(
      "One row per fact that differs; what is equal is left out. Settings at their defaults, and metrics that were not\n"
      "logged, are empty. Origin is that of each trial's newest launch.\n"
      "Examples:\n"
      "  ablate diff 3f2a 81c0\n"
      "  ablate diff 3f2a 81c0 --format csv");
}

}  // namespace ablate::runner
