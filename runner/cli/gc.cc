#include "runner/cli/gc.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/base/status_macros.h"
#include "lib/store/writer.h"
#include "runner/cli/common_options.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"
#include "runner/cli/paths.h"
#include "runner/scheduler/garbage.h"

namespace ablate::runner {
namespace {

struct Options {
  std::string database, keep = "unfinished";
  bool dry_run = false;
};

constexpr char kFooter[] =
    R"(Kept is the newest checkpoint of each trial that --keep names:
  unfinished  trials that have not succeeded: `ablate retry` and `ablate run` go on from it (the default)
  waiting     trials that wait in some experiment; failed, stopped and cancelled ones then start anew when they are retried
  none        nothing: trials that wait start anew
Older checkpoints, those of trials that succeeded, unfinished files and folders of no launch are removed. Results and logs
stay. Refused while a run goes on, but for --dry-run, which removes nothing.

Examples:
  ablate gc --dry-run
  ablate gc --keep waiting --db sst2.db)";

Keep KeepOf(const std::string& name) {
  return name == "none" ? Keep::kNone : name == "waiting" ? Keep::kWaiting : Keep::kUnfinished;
}

std::string Megabytes(uint64_t bytes) { return fmt::format("{:.3f} MB", static_cast<double>(bytes) / 1e6); }

absl::Status Collect(const Options& options) {
  const std::string database = AbsolutePath(options.database);
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, OpenStore(database));
  std::unique_ptr<store::Writer> lock;  // so that no run begins meanwhile
  if (!options.dry_run) {
    ASSIGN_OR_RETURN(lock, store::Writer::Open(database));
  }
  ASSIGN_OR_RETURN(const std::vector<Garbage> all, FindGarbage(*reader, database, KeepOf(options.keep)));
  uint64_t bytes = 0;
  std::string text;
  for (const Garbage& one : all) {
    if (!options.dry_run) RETURN_IF_ERROR(Remove(one));
    bytes += one.bytes;
    text += fmt::format("{}  {}: {}\n", Megabytes(one.bytes), one.path, one.why);
  }
  text += fmt::format("{} {} in {} places\n", options.dry_run ? "would free" : "freed", Megabytes(bytes), all.size());
  return PrintText(text);
}

ExitCode Run(const Options& options) {
  const absl::Status status = Collect(options);
  return status.ok() ? ExitCode::kAllWell : Fail(CodeOf(status), status);
}

}  // namespace

void AddGc(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb = line.AddVerb("gc", "Remove checkpoints that nobody needs", [options] { return Run(*options); });
  AddDatabaseOption(verb, options->database);
  verb.Add("--keep", options->keep, "Whose newest checkpoints stay: unfinished, waiting or none")
      .OneOf({"unfinished", "waiting", "none"})
      .Type("TRIALS");
  verb.AddFlag("--dry-run", options->dry_run, "Only print what would be removed");
  verb.AddFooter(kFooter);
}

}  // namespace ablate::runner
