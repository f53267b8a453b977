#include "lib/tasks/language_lines.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/data/text_lines.h"
#include "lib/tasks/data/unicode.h"

namespace ablate::tasks {
namespace {

using Lines = std::vector<std::string>;

absl::Status CheckSettings(const LanguageModeling& settings) {
  constexpr char kWhere[] = "task.language_modeling";
  constexpr uint32_t kLeastTokens = 3;
  if (settings.train().empty()) {
    return absl::InvalidArgumentError(fmt::format("{}.train: is not set; a path is needed", kWhere));
  }
  if (settings.max_tokens() < kLeastTokens) {
    return absl::InvalidArgumentError(
        fmt::format("{}.max_tokens: {}; at least {} are needed", kWhere, settings.max_tokens(), kLeastTokens));
  }
  if (settings.validation_share() > 0 && settings.validation_share() < 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}.validation_share: {}; allowed: a number above 0 and below 1", kWhere, settings.validation_share()));
}

// Takes its last lines from `train`.
absl::StatusOr<Lines> SplitOff(const std::string& path, double share, Lines& train) {
  const auto count = std::max<size_t>(1, static_cast<size_t>(share * static_cast<double>(train.size())));
  if (count >= train.size()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {} lines can't be split into training and validation", path, train.size()));
  }
  Lines split(std::make_move_iterator(train.end() - static_cast<std::ptrdiff_t>(count)), std::make_move_iterator(train.end()));
  train.resize(train.size() - count);
  return split;
}

absl::StatusOr<Lines> Read(const LanguageModeling& settings, const std::string& path) {
  ASSIGN_OR_RETURN(Lines lines, ReadTextLines(path));
  if (settings.vocabulary().lower_case()) {
    for (std::string& line : lines) line = LowerCase(line);
  }
  return lines;
}

}  // namespace

absl::StatusOr<LanguageLines> ReadLanguageLines(const LanguageModeling& settings, const std::string& data_folder) {
  RETURN_IF_ERROR(CheckSettings(settings));
  LanguageLines lines;
  const std::string train = JoinPath(data_folder, settings.train());
  ASSIGN_OR_RETURN(lines.train, Read(settings, train));
  if (settings.validation().empty()) {
    ASSIGN_OR_RETURN(lines.validation, SplitOff(train, settings.validation_share(), lines.train));
  } else {
    ASSIGN_OR_RETURN(lines.validation, Read(settings, JoinPath(data_folder, settings.validation())));
  }
  if (!settings.test().empty()) {
    ASSIGN_OR_RETURN(lines.test, Read(settings, JoinPath(data_folder, settings.test())));
  }
  if (settings.train_rows() > 0 && settings.train_rows() < lines.train.size()) lines.train.resize(settings.train_rows());
  return lines;
}

absl::Status CheckLanguageModeling(const LanguageModeling& settings, const std::string& data_folder) {
  RETURN_IF_ERROR(CheckSettings(settings));
  for (const std::string& file : {settings.train(), settings.validation(), settings.test()}) {
    if (!file.empty()) RETURN_IF_ERROR(ReadFirstTextLines(JoinPath(data_folder, file)).status());
  }
  return absl::OkStatus();
}

}  // namespace ablate::tasks
