#include "runner/scheduler/launch_folder.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <iterator>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"

namespace ablate::runner {
namespace {

constexpr std::streamoff kLogBytesRead = 1 << 14;
constexpr size_t kMostLogBytes = 500;

}  // namespace

std::string NewLaunchName() {
  uint32_t random = 0;
  if (getrandom(&random, sizeof random, 0) != sizeof random) random = static_cast<uint32_t>(getpid());
  const std::time_t now = std::time(nullptr);
  std::tm utc;
  gmtime_r(&now, &utc);
  return fmt::format("{:04}{:02}{:02}-{:02}{:02}{:02}-{:08x}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                     utc.tm_min, utc.tm_sec, random);
}

absl::Status MakeLaunchFolder(const std::string& folder, const LaunchRequest& request) {
  RETURN_IF_ERROR(MakeFolders(folder));
  RETURN_IF_ERROR(MakeFolders(JoinPath(folder, "control")));
  return WriteFileAtomically(JoinPath(folder, "launch.pb"), request.SerializeAsString());
}

absl::StatusOr<std::vector<std::string>> RequestedTrials(const std::string& folder) {
  const std::string path = JoinPath(folder, "launch.pb");
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  LaunchRequest request;
  if (!request.ParseFromString(bytes)) return absl::DataLossError(path + ": is no LaunchRequest");
  std::vector<std::string> ids;
  for (const TrialRequest& trial : request.trial()) ids.push_back(trial.id());
  return ids;
}

absl::Status AskToLeave(const std::string& folder) {
  return WriteFileAtomically(JoinPath(folder, "control/checkpoint_and_leave"), "");
}

absl::Status AskToStop(const std::string& folder, const std::string& trial) {
  return WriteFileAtomically(JoinPath(folder, "control/stop_" + trial), "");
}

void TidyLaunchFolder(const std::string& folder) {
  const std::string control = JoinPath(folder, "control");
  const auto commands = ListFolder(control);
  for (size_t i = 0; commands.ok() && i < commands->size(); ++i) unlink(JoinPath(control, (*commands)[i]).c_str());
  rmdir(control.c_str());
  rmdir(JoinPath(folder, "checkpoints").c_str());  // made by the worker; stays where a checkpoint is in it
  const std::string log_text = JoinPath(folder, "log.txt");
  const auto size = FileSize(log_text);
  if (size.ok() && *size == 0) unlink(log_text.c_str());
}

std::string EndOfLogText(const std::string& folder, int lines) { return EndOfText(JoinPath(folder, "log.txt"), lines); }

std::string EndOfText(const std::string& path, int lines) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return "";
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(0, size - kLogBytesRead));
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> all = absl::StrSplit(content, '\n', absl::SkipWhitespace());
  if (all.size() > static_cast<size_t>(lines)) all.erase(all.begin(), all.end() - lines);
  std::string joined = absl::StrJoin(all, " | ");
  if (joined.size() > kMostLogBytes) joined.erase(0, joined.size() - kMostLogBytes);
  // What a dying process wrote may be anything.
  for (char& c : joined) c = c < 0x20 || c > 0x7e ? '?' : c;
  return joined;
}

}  // namespace ablate::runner
