#include "runner/backends/slurm/attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/eventlog/reader.h"
#include "proto/launch.pb.h"
#include "runner/backends/backend.h"
#include "runner/scheduler/launch_folder.h"

namespace ablate::runner::slurm {
namespace {

constexpr char kLog[] = "events.log";
constexpr char kClaim[] = "claim", kOutcome[] = "outcome", kRequest[] = "launch.pb", kKill[] = "control/kill",
               kLeave[] = "control/checkpoint_and_leave";
constexpr char kByTask[] = "task\n";
constexpr uint32_t kMostAttempts = 100'000;

// What the logs of the attempts before tell of its trials.
struct History {
  std::set<std::string> over;                      // trials
  std::map<std::string, std::string> checkpoints;  // trial -> absolute path of the newest that is there
  std::map<std::string, uint64_t> checkpoint_steps;
};

void Follow(const Event& event, const std::string& folder, History* history) {
  if (event.has_attempt_end() && event.attempt_end().outcome() != AttemptEnd::LEFT) {
    history->over.insert(event.attempt_end().trial());
  } else if (event.has_checkpoint_written()) {
    const CheckpointWritten& written = event.checkpoint_written();
    const std::string path = JoinPath(folder, written.path());
    uint64_t& step = history->checkpoint_steps[written.trial()];
    if (written.step() < step || !FileExists(path)) return;
    step = written.step();
    history->checkpoints[written.trial()] = path;
  }
}

// A log that breaks off, or breaks, counts up to there.
History HistoryOf(const std::vector<std::string>& folders) {
  History history;
  for (const std::string& folder : folders) {
    eventlog::Reader reader(JoinPath(folder, kLog));
    while (true) {
      const auto events = reader.Read();
      if (!events.ok() || events->empty()) break;
      for (const Event& event : *events) Follow(event, folder, &history);
    }
  }
  return history;
}

absl::StatusOr<LaunchRequest> ReadRequest(const std::string& folder) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(JoinPath(folder, kRequest)));
  LaunchRequest request;
  if (!request.ParseFromString(bytes)) return absl::DataLossError(JoinPath(folder, kRequest) + ": is no LaunchRequest");
  return request;
}

LaunchRequest Remaining(const LaunchRequest& first, const History& history, const std::string& name, uint32_t number) {
  LaunchRequest rest = first;
  rest.set_launch(name);
  rest.clear_trial();
  for (const TrialRequest& trial : first.trial()) {
    if (history.over.count(trial.id()) > 0) continue;
    TrialRequest& one = *rest.add_trial() = trial;
    one.set_attempt(trial.attempt() + number);
    const auto checkpoint = history.checkpoints.find(trial.id());
    if (checkpoint != history.checkpoints.end()) one.set_checkpoint(checkpoint->second);
  }
  return rest;
}

// By the runner, who means the launch; a task that is to end means itself.
bool IsToLeave(const std::string& folder) {
  const auto asked = ReadFile(JoinPath(folder, kLeave));
  return asked.ok() && *asked != kByTask;
}

// Whether whoever runs the launch next has anything to do, by the newest attempt.
bool GoesOn(const std::string& newest) {
  const std::string outcome = ReadOutcome(newest);
  return !IsClosed(newest) && !IsToLeave(newest) && (outcome.empty() || outcome == kLeftTask);
}

// Exclusive, also between nodes.
absl::StatusOr<bool> Make(const std::string& path, bool folder) {
  if (folder) {
    if (mkdir(path.c_str(), 0777) == 0) return true;
  } else if (const int file = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666); file >= 0) {
    close(file);
    return true;
  }
  if (errno == EEXIST) return false;
  return ErrnoStatus(errno, "can't make", path);
}

absl::Status WriteRequest(const std::string& base, const std::string& folder, const LaunchRequest& request) {
  ASSIGN_OR_RETURN(const std::string submission, ReadFile(JoinPath(base, kSubmissionFile)));
  RETURN_IF_ERROR(WriteFileAtomically(JoinPath(folder, kSubmissionFile), submission));
  return MakeLaunchFolder(folder, request);
}

}  // namespace

AttemptName ParseAttempt(const std::string& name) {
  const size_t dot = name.rfind(".r");
  AttemptName attempt{name, 0};
  if (dot != std::string::npos && absl::SimpleAtoi(name.substr(dot + 2), &attempt.number)) attempt.launch.resize(dot);
  return attempt;
}

std::string AttemptFolder(const std::string& base, uint32_t number) {
  return number == 0 ? base : fmt::format("{}.r{}", base, number);
}

absl::StatusOr<std::optional<std::string>> ClaimAttempt(const std::string& base) {
  if (!FileExists(JoinPath(base, kRequest)) || !GoesOn(base)) {
    // The runner closes a folder, too, when a newer one has taken its place.
    if (!FileExists(AttemptFolder(base, 1))) return std::nullopt;
  }
  ASSIGN_OR_RETURN(const bool is_first, Make(JoinPath(base, kClaim), false));
  if (is_first) return base;
  std::vector<std::string> before = {base};
  for (uint32_t number = 1; number < kMostAttempts; ++number) {
    const std::string folder = AttemptFolder(base, number);
    if (FileExists(JoinPath(folder, kRequest))) {
      before.push_back(folder);
      continue;
    }
    if (!GoesOn(before.back())) return std::nullopt;
    ASSIGN_OR_RETURN(const LaunchRequest first, ReadRequest(base));
    const LaunchRequest rest = Remaining(first, HistoryOf(before), FileName(folder), number);
    if (rest.trial().empty()) {
      RETURN_IF_ERROR(WriteOutcome(before.back(), kDone));
      return std::nullopt;
    }
    ASSIGN_OR_RETURN(const bool made, Make(folder, true));
    if (!made) continue;  // by another process just now, which has not written its request yet
    RETURN_IF_ERROR(WriteRequest(base, folder, rest));
    return folder;
  }
  return absl::ResourceExhaustedError(base + ": begun too often");
}

absl::Status WriteOutcome(const std::string& folder, const std::string& outcome) {
  const uint64_t bytes = FileSize(JoinPath(folder, kLog)).value_or(0);
  return WriteFileDurably(JoinPath(folder, kOutcome), fmt::format("{}\n{}\n", outcome, bytes));
}

std::string ReadOutcome(const std::string& folder) {
  const auto content = ReadFile(JoinPath(folder, kOutcome));
  if (!content.ok()) return "";
  const std::vector<std::string> lines = absl::StrSplit(*content, '\n');
  uint64_t bytes = 0;
  if (lines.size() < 2 || !absl::SimpleAtoi(lines[1], &bytes)) return "";
  return FileSize(JoinPath(folder, kLog)).value_or(0) >= bytes ? lines[0] : "";
}

absl::Status AskToLeaveTask(const std::string& folder) { return WriteFileAtomically(JoinPath(folder, kLeave), kByTask); }

bool IsClosed(const std::string& folder) { return !FileExists(JoinPath(folder, "control")); }

bool IsToDie(const std::string& folder) { return FileExists(JoinPath(folder, kKill)); }

absl::Status AskToDie(const std::string& folder) { return WriteFileAtomically(JoinPath(folder, kKill), ""); }

}  // namespace ablate::runner::slurm
