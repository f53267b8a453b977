#include "runner/backends/slurm/submission.h"

#include <fmt/format.h>

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "runner/backends/backend.h"

namespace ablate::runner::slurm {
namespace {

constexpr char kFolder[] = "slurm", kScript[] = "script.sh", kTasks[] = "tasks", kJob[] = "job", kOver[] = "over";

}  // namespace

std::string SubmissionFolder(const std::string& launches, const std::string& job_name) {
  return JoinPath(JoinPath(launches, kFolder), job_name);
}

std::string JobName(const std::string& run, uint32_t chunk, uint32_t generation) {
  return fmt::format("ablate-{}-{}-{}", run, chunk, generation);
}

absl::Status WriteSubmission(const std::string& folder, const Place& first, const std::string& script,
                             const TaskFolders& tasks) {
  RETURN_IF_ERROR(MakeFolders(JoinPath(folder, "logs")));
  std::string lines;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const uint32_t index = first.task + static_cast<uint32_t>(i);
    for (const std::string& launch : tasks[i]) {
      lines += fmt::format("{} {}\n", index, launch);
      RETURN_IF_ERROR(WriteFileAtomically(JoinPath(launch, kSubmissionFile), fmt::format("{} {}\n", first.job_name, index)));
    }
  }
  RETURN_IF_ERROR(WriteFileAtomically(JoinPath(folder, kTasks), lines));
  return WriteFileDurably(JoinPath(folder, kScript), script);
}

absl::StatusOr<std::vector<std::string>> ReadTask(const std::string& folder, uint32_t task) {
  ASSIGN_OR_RETURN(const std::string lines, ReadFile(JoinPath(folder, kTasks)));
  std::vector<std::string> launches;
  for (const absl::string_view line : absl::StrSplit(lines, '\n', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    uint32_t index = 0;
    if (absl::SimpleAtoi(words.first, &index) && index == task) launches.push_back(words.second);
  }
  if (launches.empty()) return absl::NotFoundError(fmt::format("{}/{}: has no task {}", folder, kTasks, task));
  return launches;
}

absl::Status WriteJob(const std::string& folder, const std::string& job) {
  return WriteFileDurably(JoinPath(folder, kJob), job + "\n");
}

std::string ReadJob(const std::string& folder) {
  const auto content = ReadFile(JoinPath(folder, kJob));
  return content.ok() ? content->substr(0, content->find('\n')) : "";
}

std::optional<Place> PlaceOf(const std::string& launch_folder) {
  const auto content = ReadFile(JoinPath(launch_folder, kSubmissionFile));
  if (!content.ok()) return std::nullopt;
  const std::vector<std::string> words = absl::StrSplit(*content, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  Place place;
  if (words.size() != 2 || !absl::SimpleAtoi(words[1], &place.task)) return std::nullopt;
  place.job_name = words[0];
  return place;
}

std::vector<std::string> OpenSubmissions(const std::string& launches) {
  std::vector<std::string> open;
  const std::string folder = JoinPath(launches, kFolder);
  const auto names = ListFolder(folder);
  for (size_t i = 0; names.ok() && i < names->size(); ++i) {
    const std::string one = JoinPath(folder, (*names)[i]);
    if (FileExists(JoinPath(one, kScript)) && !FileExists(JoinPath(one, kOver))) open.push_back((*names)[i]);
  }
  return open;
}

// Nothing depends on it but what `ablate status` shows.
void MarkOver(const std::string& folder) { WriteFileAtomically(JoinPath(folder, kOver), "").IgnoreError(); }

}  // namespace ablate::runner::slurm
