#include "runner/cli/status.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/status_macros.h"
#include "runner/cli/common_options.h"
#include "runner/cli/experiment_name.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"
#include "runner/cli/slurm_status.h"
#include "runner/cli/status_report.h"

namespace ablate::runner {
namespace {

struct Options {
  std::string target, database;
  bool json = false, watch = false;
};

constexpr unsigned kWatchSeconds = 1;
constexpr std::chrono::seconds kBetweenQuestions{15};
constexpr char kHomeAndWipe[] = "\x1b[H\x1b[J";  // one write with the text: no flicker

constexpr char kFooter[] = R"(Reads only; works while a run goes on, from any terminal.

Examples:
  ablate status
  ablate status quickstart --watch
  ablate status experiments/quickstart.textproto --json)";

// Asks Slurm now and then only: its controller has others to answer.
class SlurmNowAndThen {
 public:
  const SlurmTasks& Of(const std::string& database) {
    const auto now = std::chrono::steady_clock::now();
    if (!answer_ || now - asked_ > kBetweenQuestions) {
      answer_ = AskSlurmTasks(database);
      asked_ = now;
    }
    return *answer_;
  }

 private:
  std::optional<SlurmTasks> answer_;
  std::chrono::steady_clock::time_point asked_;
};

absl::StatusOr<bool> PrintOnce(const Options& options, const std::string& experiment, SlurmNowAndThen* slurm) {
  ASSIGN_OR_RETURN(StatusReport report, ReadStatus(options.database, experiment));
  report.slurm = slurm->Of(options.database);
  std::string text = options.json ? StatusJson(report, options.database) : StatusText(report, OutputWidth({}));
  if (options.watch && !options.json && isatty(STDOUT_FILENO) != 0) text = kHomeAndWipe + text;
  RETURN_IF_ERROR(PrintText(text));
  return GoesOn(report);
}

ExitCode Run(const Options& options) {
  const auto experiment = ExperimentName(options.target);
  if (!experiment.ok()) return Fail(ExitCode::kBadSpec, experiment.status());
  SlurmNowAndThen slurm;
  while (true) {
    const auto goes_on = PrintOnce(options, *experiment, &slurm);
    if (!goes_on.ok()) return Fail(CodeOf(goes_on.status()), goes_on.status());
    if (!options.watch || !*goes_on) return ExitCode::kAllWell;
    sleep(kWatchSeconds);
  }
}

}  // namespace

void AddStatus(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb =
      line.AddVerb("status", "Show how far experiments are, and what runs just now", [options] { return Run(*options); });
  verb.Add("experiment", options->target, "Its file or name; default: all").Type("SPEC");
  AddDatabaseOption(verb, options->database);
  verb.AddFlag("--json", options->json, "For programs");
  verb.AddFlag("--watch", options->watch, "Once a second, as long as something goes on");
  verb.AddFooter(kFooter);
}

}  // namespace ablate::runner
