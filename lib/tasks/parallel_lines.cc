#include "lib/tasks/parallel_lines.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/catalogue.h"
#include "lib/tasks/data/row.h"
#include "lib/tasks/data/text_lines.h"
#include "lib/tasks/data/unicode.h"

namespace ablate::tasks {

const ParallelText& ParallelTextOf(const Task& task) { return task.has_generation() ? task.generation() : task.translation(); }

ParallelLines::ParallelLines(const Task& task, const std::string& data_folder)
    : settings_(ParallelTextOf(task)), name_("task." + TaskName(task)), folder_(data_folder) {}

absl::Status ParallelLines::CheckSettings() const {
  constexpr uint32_t kLeastTokens = 3;
  for (const auto& [field, path] : {std::pair{"train_source", &settings_.train_source()},
                                    {"train_target", &settings_.train_target()},
                                    {"validation_source", &settings_.validation_source()},
                                    {"validation_target", &settings_.validation_target()}}) {
    if (path->empty()) return absl::InvalidArgumentError(fmt::format("{}.{}: is not set; a path is needed", name_, field));
  }
  if (settings_.test_source().empty() != settings_.test_target().empty()) {
    return absl::InvalidArgumentError(fmt::format("{}.{}: is set without its partner; test_source and test_target go together",
                                                  name_, settings_.test_source().empty() ? "test_target" : "test_source"));
  }
  if (settings_.max_tokens() >= kLeastTokens) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}.max_tokens: {}; at least {} are needed", name_, settings_.max_tokens(), kLeastTokens));
}

absl::Status ParallelLines::CheckFirstLines(const FilePair& files) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> sources, ReadFirstTextLines(files.source));
  ASSIGN_OR_RETURN(const std::vector<std::string> targets, ReadFirstTextLines(files.target));
  const absl::Status status = Pair(files, 1, sources[0], targets[0]).status();
  return settings_.on_bad_row() == TextClassification::SKIP ? absl::OkStatus() : status;
}

absl::StatusOr<std::vector<LinePair>> ParallelLines::Read(const FilePair& files, size_t rows,
                                                          std::vector<SkippedRows>& skipped) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> sources, ReadTextLines(files.source));
  ASSIGN_OR_RETURN(const std::vector<std::string> targets, ReadTextLines(files.target));
  if (sources.size() != targets.size()) {
    return absl::InvalidArgumentError(fmt::format("{}: {} lines, but {} has {}; line n of one belongs to line n of the other",
                                                  files.target, targets.size(), files.source, sources.size()));
  }
  BadRows bad(settings_.on_bad_row() == TextClassification::SKIP);
  std::vector<LinePair> pairs;
  for (size_t i = 0; i < sources.size() && (rows == 0 || i < rows); ++i) {
    absl::StatusOr<LinePair> pair = Pair(files, static_cast<int64_t>(i + 1), sources[i], targets[i]);
    if (pair.ok()) {
      pairs.push_back(*std::move(pair));
    } else {
      RETURN_IF_ERROR(bad.Meet(pair.status()));
    }
  }
  if (pairs.empty()) {
    return absl::InvalidArgumentError(fmt::format("{}: no lines that can be used; {}", files.source, bad.first()));
  }
  if (bad.count() > 0) skipped.push_back({files.source, bad.count(), bad.first()});
  return pairs;
}

FilePair ParallelLines::Paths(const std::string& source, const std::string& target) const {
  return {JoinPath(folder_, source), JoinPath(folder_, target)};
}

absl::StatusOr<LinePair> ParallelLines::Pair(const FilePair& files, int64_t line, std::string_view source,
                                             std::string_view target) const {
  if (const std::string& end = settings_.target_ends_at(); !end.empty()) {
    const size_t at = target.find(end);
    if (at == std::string_view::npos) {
      return RowError(files.target, line, fmt::format("{} has no {}, where its text is to end", Quoted(target), Quoted(end)));
    }
    target = target.substr(0, at);
  }
  LinePair pair = {line, Clean(source), Clean(target)};
  if (pair.source.empty()) return RowError(files.source, line, "the line is empty");
  if (pair.target.empty()) return RowError(files.target, line, "the line has no text");
  return pair;
}

std::string ParallelLines::Clean(std::string_view line) const {
  const absl::string_view text = absl::StripAsciiWhitespace({line.data(), line.size()});
  if (settings_.vocabulary().lower_case()) return LowerCase({text.data(), text.size()});
  return std::string(text);
}

absl::Status CheckParallelText(const Task& task, const std::string& data_folder) {
  const ParallelLines lines(task, data_folder);
  RETURN_IF_ERROR(lines.CheckSettings());
  RETURN_IF_ERROR(lines.CheckFirstLines(lines.Train()));
  RETURN_IF_ERROR(lines.CheckFirstLines(lines.Validation()));
  return lines.HasTest() ? lines.CheckFirstLines(lines.Test()) : absl::OkStatus();
}

}  // namespace ablate::tasks
