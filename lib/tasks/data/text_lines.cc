#include "lib/tasks/data/text_lines.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/data/head.h"
#include "lib/tasks/data/row.h"

namespace ablate::tasks {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{2} << 30;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

absl::StatusOr<std::vector<std::string>> Split(const std::string& path, std::string_view content) {
  if (content.substr(0, kByteOrderMark.size()) == kByteOrderMark) content.remove_prefix(kByteOrderMark.size());
  std::vector<std::string> lines;
  while (!content.empty()) {
    std::string_view line = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(content.size(), line.size() + 1));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    RETURN_IF_ERROR(CheckRowText(path, static_cast<int64_t>(lines.size()) + 1, line));
    lines.emplace_back(line);
  }
  if (!lines.empty()) return lines;
  return absl::InvalidArgumentError(fmt::format("{}: no lines", path));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ReadTextLines(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string content, ReadMaybeGzipped(path, kMaxFileBytes));
  return Split(path, content);
}

absl::StatusOr<std::vector<std::string>> ReadFirstTextLines(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string content, ReadFirstLines(path, 1, 2 * kMaxRowBytes));
  return Split(path, content);
}

}  // namespace ablate::tasks
