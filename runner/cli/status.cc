#include "runner/cli/status.h"

#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "lib/base/status_macros.h"
#include "runner/cli/common_options.h"
#include "runner/cli/experiment_name.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"
#include "runner/cli/status_report.h"

namespace ablate::runner {
namespace {

struct Options {
  std::string target, database;
  bool json = false, watch = false;
};

constexpr unsigned kWatchSeconds = 1;
constexpr char kHomeAndWipe[] = "\x1b[H\x1b[J";  // one write with the text: no flicker

constexpr char kFooter[] = R"(Reads only; works while a run goes on, from any terminal.

Examples:
  ablate status
  ablate status quickstart --watch
  ablate status experiments/quickstart.textproto --json)";

absl::StatusOr<bool> PrintOnce(const Options& options, const std::string& experiment) {
  ASSIGN_OR_RETURN(const StatusReport report, ReadStatus(options.database, experiment));
  std::string text = options.json ? StatusJson(report, options.database) : StatusText(report, OutputWidth({}));
  if (options.watch && !options.json && isatty(STDOUT_FILENO) != 0) text = kHomeAndWipe + text;
  RETURN_IF_ERROR(PrintText(text));
  return GoesOn(report);
}

ExitCode Run(const Options& options) {
  const auto experiment = ExperimentName(options.target);
  if (!experiment.ok()) return Fail(ExitCode::kBadSpec, experiment.status());
  while (true) {
    const auto goes_on = PrintOnce(options, *experiment);
    if (!goes_on.ok()) return Fail(CodeOf(goes_on.status()), goes_on.status());
    if (!options.watch || !*goes_on) return ExitCode::kAllWell;
    sleep(kWatchSeconds);
  }
}

}  // namespace

Verb AddStatus(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("status", "Show how far experiments are, and what runs just now");
  command->add_option("experiment", options->target, "Its file or name; default: all")->type_name("SPEC");
  AddDatabaseOption(*command, options->database);
  command->add_flag("--json", options->json, "For programs");
  command->add_flag("--watch", options->watch, "Once a second, as long as something goes on");
  command->footer(kFooter);
  return {command, [options] { return Run(*options); }};
}

}  // namespace ablate::runner
