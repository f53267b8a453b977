#include "runner/scheduler/commands.h"

#include <unistd.h>

#include "absl/strings/strip.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"

namespace ablate::runner {
namespace {

constexpr char kCancel[] = "cancel_";
constexpr char kRetry[] = "retry_";

bool Concerns(Command::Kind kind, const std::string& state) {
  if (kind == Command::Kind::kCancel) return state == "pending";
  return state == "failed" || state == "stopped" || state == "cancelled";
}

}  // namespace

std::string ControlFolder(const std::string& database) { return database + ".control"; }
std::string LaunchesFolder(const std::string& database) { return database + ".launches"; }

absl::StatusOr<std::string> LeaveCommand(const std::string& database, const Command& command) {
  const std::string folder = ControlFolder(database);
  RETURN_IF_ERROR(MakeFolders(folder));
  const std::string prefix = command.kind == Command::Kind::kCancel ? kCancel : kRetry;
  const std::string path = JoinPath(folder, prefix + command.experiment);
  RETURN_IF_ERROR(WriteFileAtomically(path, ""));
  return path;
}

std::vector<Command> TakeCommands(const std::string& database) {
  const std::string folder = ControlFolder(database);
  const auto names = ListFolder(folder);
  std::vector<Command> commands;
  for (size_t i = 0; names.ok() && i < names->size(); ++i) {
    absl::string_view rest = (*names)[i];
    Command command;
    if (absl::ConsumePrefix(&rest, kCancel)) {
      command.kind = Command::Kind::kCancel;
    } else if (absl::ConsumePrefix(&rest, kRetry)) {
      command.kind = Command::Kind::kRetry;
    } else {
      continue;
    }
    command.experiment = std::string(rest);
    if (unlink(JoinPath(folder, (*names)[i]).c_str()) == 0) commands.push_back(command);
  }
  return commands;
}

absl::StatusOr<std::vector<std::string>> Execute(const Command& command, store::Writer& store) {
  ASSIGN_OR_RETURN(const std::vector<store::TrialStatus> statuses, store.Statuses(command.experiment));
  const std::string state = command.kind == Command::Kind::kCancel ? "cancelled" : "pending";
  std::vector<std::string> changed;
  for (const store::TrialStatus& status : statuses) {
    if (!Concerns(command.kind, status.state)) continue;
    RETURN_IF_ERROR(store.SetState(command.experiment, status.id, state));
    changed.push_back(status.id);
  }
  return changed;
}

}  // namespace ablate::runner
