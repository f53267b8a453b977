#include "runner/cli/send_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "lib/store/writer.h"
#include "runner/cli/common_options.h"
#include "runner/cli/experiment_name.h"
#include "runner/cli/open_store.h"
#include "runner/cli/paths.h"
#include "runner/cli/presence.h"
#include "runner/collector/collector.h"
#include "runner/scheduler/recovery.h"

namespace ablate::runner {
namespace {

constexpr int kWaitSeconds = 10;  // a runner looks for commands five times a second, but may be busy

absl::Status CheckKnown(const std::string& experiment, const std::string& database) {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, OpenStore(database));
  ASSIGN_OR_RETURN(const store::Table known, reader->Query("SELECT name FROM experiments"));
  std::vector<std::string> names;
  for (const auto& row : known.rows) {
    names.push_back(std::get<std::string>(row[0]));
    if (names.back() == experiment) return absl::OkStatus();
  }
  return absl::NotFoundError(fmt::format("{} has no experiment \"{}\"{}", database, experiment, DidYouMean(experiment, names)));
}

std::string Done(const Command& command, size_t trials) {
  const char* what = command.kind == Command::Kind::kCancel ? "cancelled" : "waiting again: `ablate run` goes on with them";
  return fmt::format("{}: {} {} {}", command.experiment, trials, trials == 1 ? "trial" : "trials", what);
}

// With the lock in hand. A runner that died may have left trials running.
absl::Status DoHere(const Command& command, store::Writer& store) {
  Collector collector(store);
  const Submitted submitted = command.kind == Command::Kind::kCancel ? Submitted::kEnded : Submitted::kLeft;
  RETURN_IF_ERROR(EndOpenLaunches(store, collector, 0, submitted).status());
  ASSIGN_OR_RETURN(const std::vector<std::string> changed, Execute(command, store));
  fmt::print("{}\n", Done(command, changed.size()));
  return absl::OkStatus();
}

absl::Status Send(const Command& command, const std::string& database) {
  std::string left;  // file of the command
  for (int tries = 0; tries < kWaitSeconds * 20; ++tries) {
    if (!left.empty() && !FileExists(left)) {
      fmt::print("{}: the runner has taken it over\n", command.experiment);
      return absl::OkStatus();
    }
    const auto writer = WriterOf(database);
    if (!writer) {
      auto store = store::Writer::Open(database);
      if (store.ok()) {
        if (!left.empty()) unlink(left.c_str());
        return DoHere(command, **store);
      }
      if (!WriterOf(database)) return store.status();
    } else if (left.empty()) {
      ASSIGN_OR_RETURN(left, LeaveCommand(database, command));
    }
    usleep(50'000);
  }
  return absl::DeadlineExceededError(
      fmt::format("left for {}, which has not taken it yet", WriterOf(database).value_or("the runner")));
}

}  // namespace

ExitCode SendCommand(Command::Kind kind, const std::string& target, const std::string& database) {
  const auto experiment = ExperimentName(target);
  if (!experiment.ok()) return Fail(ExitCode::kBadSpec, experiment.status());
  const absl::Status known = CheckKnown(*experiment, database);
  if (!known.ok()) return Fail(CodeOf(known), known);
  const absl::Status sent = Send({kind, *experiment}, AbsolutePath(database));
  return sent.ok() ? ExitCode::kAllWell : Fail(ExitCode::kStoreUnusable, sent);
}

}  // namespace ablate::runner
