#include "runner/cli/show.h"

#include <memory>
#include <string>

#include "lib/base/status_macros.h"
#include "lib/store/reader.h"
#include "runner/cli/common_options.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"
#include "runner/cli/trial_report.h"

namespace ablate::runner {
namespace {

struct Options {
  std::string database, trial;
  bool patch = false, spec = false;
  Output output;  // --width alone
};

absl::Status Show(const Options& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, OpenStore(options.database));
  ASSIGN_OR_RETURN(const std::string id, FindTrial(*reader, options.trial));
  if (options.patch || options.spec) {
    ASSIGN_OR_RETURN(const std::string text, TrialText(*reader, id, options.patch ? TextKind::kPatch : TextKind::kSpec));
    return PrintText(text);
  }
  ASSIGN_OR_RETURN(const std::string report, TrialReport(*reader, id, options.database, OutputWidth(options.output)));
  return PrintText(report);
}

ExitCode RunShow(const Options& options) {
  const absl::Status status = Show(options);
  return status.ok() ? ExitCode::kAllWell : Fail(CodeOf(status), status);
}

}  // namespace

void AddShow(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb = line.AddVerb("show", "One trial: settings, attempts, metrics, heads, and why it failed",
                                  [options] { return RunShow(*options); });
  verb.Add("trial", options->trial, "Its id, or a beginning that no other id has").Required().Type("TRIAL");
  const Option patch =
      verb.AddFlag("--patch", options->patch, "Only what differed from the git commit at its newest attempt, for `git apply`");
  verb.AddFlag("--spec", options->spec, "Only the experiment file as its newest attempt read it").Excludes(patch);
  AddDatabaseOption(verb, options->database);
  AddWidthOption(verb, options->output);
  verb.AddFooter(
      "Examples:\n"
      "  ablate show 3f2a\n"
      "  ablate show 3f2a --patch > changes.diff\n"
      "  ablate query \"SELECT trial_id, arm, seed, state FROM trial_overview\"       the ids\n"
      "For programs: ablate query settings, metric_points, head_statistics, failures, with --format.");
}

}  // namespace ablate::runner
