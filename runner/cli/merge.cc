#include "runner/cli/merge.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/store/writer.h"
#include "runner/cli/common_options.h"
#include "runner/cli/paths.h"

namespace ablate::runner {
namespace {

struct Options {
  std::string into, from;
};

constexpr char kFooter[] =
    R"(B's experiments, trials and results come into A; B is only read. A trial that both have is not doubled: of one that
both have begun, the attempts of the database that got farther count. Where the two contradict each other (results of one
finished trial, texts of one experiment) nothing is changed, and the message says where. Logs and checkpoints stay in B's
launches folder, and A names them there.

Examples:
  ablate merge results.db from_the_other_machine.db
  ablate merge all.db sst2.db && ablate leaderboard sst2 --db all.db)";

absl::Status Merge(const Options& options) {
  if (!FileExists(options.into)) {
    return absl::FailedPreconditionError(fmt::format("{}: no such database; `ablate run` makes it", options.into));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Writer> store, store::Writer::Open(AbsolutePath(options.into)));
  ASSIGN_OR_RETURN(const store::MergeReport report, store->Merge(AbsolutePath(options.from)));
  fmt::print("{}: {} new experiments, {} new trials ({} were there), {} launches, {} attempts, {} points\n", options.into,
             report.experiments, report.trials, report.same_trials, report.launches, report.attempts, report.points);
  return absl::OkStatus();
}

ExitCode Run(const Options& options) {
  const absl::Status status = Merge(options);
  if (status.ok()) return ExitCode::kAllWell;
  return Fail(absl::IsInvalidArgument(status) ? ExitCode::kBadUsage : ExitCode::kStoreUnusable, status);
}

}  // namespace

void AddMerge(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb =
      line.AddVerb("merge", "Take the results of one database into another", [options] { return Run(*options); });
  verb.Add("a", options->into, "Database that takes").Required().Type("A");
  verb.Add("b", options->from, "Database that is taken in").Required().Type("B");
  verb.AddFooter(kFooter);
}

}  // namespace ablate::runner
