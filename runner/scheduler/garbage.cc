#include "runner/scheduler/garbage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "runner/scheduler/commands.h"

namespace ablate::runner {
namespace {

namespace fs = std::filesystem;

// Checkpoints of ended launches, those that a trial would go on from first.
constexpr char kCheckpoints[] =
    "SELECT t.trial_id, t.finished_step IS NOT NULL, c.step >= a.void_from, l.folder, c.path, c.step,"
    "       EXISTS (SELECT 1 FROM experiment_trials et WHERE et.trial = t.trial AND et.state IN ('pending', 'running'))"
    "  FROM checkpoints c JOIN attempts a USING (attempt) JOIN launches l USING (launch) JOIN trials t USING (trial)"
    " WHERE l.exit_reason IS NOT NULL ORDER BY t.trial, c.step >= a.void_from, c.step DESC, a.attempt DESC";

uint64_t BytesBelow(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return FileSize(path).value_or(0);
  uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
    if (entry.is_regular_file(error)) bytes += FileSize(entry.path()).value_or(0);
  }
  return bytes;
}

struct Checkpoint {
  std::string trial, path;
  bool succeeded, is_void, waits;
};

std::string WhyGarbage(const Checkpoint& one, bool newest, Keep keep) {
  if (one.succeeded) return fmt::format("trial {} succeeded", one.trial);
  if (one.is_void || !newest) return fmt::format("trial {} has a newer one", one.trial);
  if (keep == Keep::kNone) return fmt::format("the newest of trial {}, by --keep none", one.trial);
  if (keep == Keep::kWaiting && !one.waits) return fmt::format("trial {} does not wait, by --keep waiting", one.trial);
  return "";
}

// `recorded`: paths of all that are there.
absl::Status AddNeedlessCheckpoints(const store::Reader& reader, const std::string& database, Keep keep,
                                    std::set<std::string>* recorded, std::vector<Garbage>* garbage) {
  const std::string folder = ParentFolder(database), launches = LaunchesFolder(database);
  std::string last_trial;  // whose newest has been seen
  return reader.ForEachRow(kCheckpoints, {}, [&](const auto&, const std::vector<store::Value>& row) {
    const auto text = [&](int i) { return std::get<std::string>(row[i]); };
    const auto flag = [&](int i) { return std::get<int64_t>(row[i]) != 0; };
    const Checkpoint one = {text(0), JoinPath(JoinPath(folder, text(3)), text(4)), flag(1), flag(2), flag(6)};
    // A later checkpoint of an attempt replaces the file of the one before.
    if (!IsBelow(one.path, launches) || !FileExists(one.path)) return true;
    if (!recorded->insert(one.path).second) return true;
    const bool newest = one.trial != last_trial && !one.is_void;
    if (newest) last_trial = one.trial;
    const std::string why = WhyGarbage(one, newest, keep);
    const Garbage::Kind kind = newest ? Garbage::Kind::kNewest : Garbage::Kind::kOlder;
    if (!why.empty()) garbage->push_back({kind, one.path, one.trial, BytesBelow(one.path), why});
    return true;
  });
}

// The files of the folder that are garbage.
void AddFiles(const std::string& folder, const std::string& why, const std::function<bool(const std::string&)>& is_garbage,
              std::vector<Garbage>* garbage) {
  const auto names = ListFolder(folder);
  for (size_t i = 0; names.ok() && i < names->size(); ++i) {
    const std::string path = JoinPath(folder, (*names)[i]);
    if (is_garbage(path)) garbage->push_back({Garbage::Kind::kIncomplete, path, "", BytesBelow(path), why});
  }
}

// Folders without a launch, and of ended launches what was no checkpoint yet when the worker died.
absl::Status AddLeftOvers(const store::Reader& reader, const std::string& launches, const std::set<std::string>& recorded,
                          std::vector<Garbage>* garbage) {
  std::set<std::string> ended, open;
  RETURN_IF_ERROR(reader.ForEachRow("SELECT name, exit_reason IS NULL FROM launches", {},
                                    [&](const auto&, const std::vector<store::Value>& row) {
                                      (std::get<int64_t>(row[1]) != 0 ? open : ended).insert(std::get<std::string>(row[0]));
                                      return true;
                                    }));
  const auto folders = ListFolder(launches);
  for (size_t i = 0; folders.ok() && i < folders->size(); ++i) {
    const std::string& name = (*folders)[i];
    const std::string path = JoinPath(launches, name);
    // A Slurm task that was started again goes on beside its launch: "<launch>.r1".
    if (name == kSubmissionsFolder || open.count(name.substr(0, name.find('.'))) > 0) continue;
    if (ended.count(name) == 0) {
      garbage->push_back({Garbage::Kind::kFolder, path, "", BytesBelow(path), "no launch of the database"});
      continue;
    }
    AddFiles(
        path, "a file that was not completed", [](const std::string& file) { return absl::EndsWith(file, ".tmp"); }, garbage);
    AddFiles(
        JoinPath(path, "checkpoints"), "a checkpoint that was not completed",
        [&](const std::string& file) { return recorded.count(file) == 0; }, garbage);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Garbage>> FindGarbage(const store::Reader& reader, const std::string& database, Keep keep) {
  std::vector<Garbage> garbage;
  std::set<std::string> recorded;
  RETURN_IF_ERROR(AddNeedlessCheckpoints(reader, database, keep, &recorded, &garbage));
  RETURN_IF_ERROR(AddLeftOvers(reader, LaunchesFolder(database), recorded, &garbage));
  std::sort(garbage.begin(), garbage.end(), [](const Garbage& a, const Garbage& b) { return a.path < b.path; });
  return garbage;
}

absl::Status Remove(const Garbage& garbage) {
  std::error_code error;
  fs::remove_all(garbage.path, error);
  if (error) return ErrnoStatus(error.value(), "can't remove", garbage.path);
  rmdir(ParentFolder(garbage.path).c_str());  // goes with its last file
  return absl::OkStatus();
}

}  // namespace ablate::runner
