#include "lib/tasks/data/row.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "fmt/format.h"
#include "lib/base/text.h"

namespace ablate::tasks {

absl::Status RowError(const std::string& path, int64_t line, std::string_view message) {
  return absl::InvalidArgumentError(fmt::format("{}:{}: {}", path, line, message));
}

absl::Status CheckRowText(const std::string& path, int64_t line, std::string_view text) {
  if (text.size() > kMaxRowBytes) {
    return absl::OutOfRangeError(fmt::format("{}:{}: {} bytes; at most {} are allowed", path, line, text.size(), kMaxRowBytes));
  }
  size_t offset = 0;
  if (IsUtf8(text, &offset)) return absl::OkStatus();
  const size_t line_start = text.rfind('\n', offset) + 1;  // npos + 1 is 0
  return RowError(path, line + std::count(text.begin(), text.begin() + offset, '\n'),
                  fmt::format("not UTF-8: byte {} of the line is 0x{:02X}", offset - line_start + 1,
                              static_cast<unsigned char>(text[offset])));
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
