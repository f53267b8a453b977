#include "lib/tasks/data/row.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "fmt/format.h"

namespace ablate::tasks {

absl::Status RowError(const std::string& path, int64_t line, std::string_view message) {
  return absl::InvalidArgumentError(fmt::format("{}:{}: {}", path, line, message));
}

absl::Status BadRows::Meet(absl::Status error) {
  if (!skip_) return error;
  if (count_++ == 0) first_ = std::string(error.message());
  return absl::OkStatus();
}

std::string Quoted(std::string_view text) {
  constexpr size_t kShown = 60;
  size_t end = std::min(text.size(), kShown);
  while (end < text.size() && end > 0 && (text[end] & 0xC0) == 0x80) --end;  // no character in two
  return fmt::format("\"{}{}\"", absl::Utf8SafeCHexEscape({text.data(), end}), end < text.size() ? "..." : "");
}

}  // namespace ablate::tasks
