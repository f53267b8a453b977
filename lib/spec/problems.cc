#include "lib/spec/problems.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "fmt/format.h"

namespace ablate::spec {
namespace {

constexpr size_t kMostKept = 1000;
constexpr size_t kMostShown = 100;
constexpr size_t kLongestShown = 80;

}  // namespace

void Problems::Add(const Place& place, std::string message) {
  if (full()) {
    ++left_out_;
    return;
  }
  problems_.emplace(place, std::move(message));
}

bool Problems::full() const { return problems_.size() >= kMostKept; }

std::string Problems::Where(const Place& place) const {
  if (place.setting > 0) return "--set " + Shortened(settings_[place.setting - 1]);
  return fmt::format("{}:{}:{}", path_, place.line, place.column);
}

absl::Status Problems::ToStatus() const {
  if (problems_.empty()) return absl::OkStatus();
  std::string text;
  size_t shown = 0;
  for (const auto& [place, message] : problems_) {
    if (shown == kMostShown) break;
    text += fmt::format("{}{}: {}", shown == 0 ? "" : "\n", Where(place), message);
    ++shown;
  }
  const size_t more = problems_.size() - shown + left_out_;
  if (more > 0) text += fmt::format("\n{}: {}{} more errors", path_, full() ? "at least " : "", more);
  return absl::InvalidArgumentError(text);
}

std::string Shortened(std::string_view text) {
  const bool cut = text.size() > kLongestShown;
  if (cut) {
    size_t end = kLongestShown;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
    text = text.substr(0, end);
  }
  return absl::Utf8SafeCEscape(absl::string_view(text.data(), text.size())) + (cut ? "..." : "");
}

std::string Quoted(std::string_view text) { return "\"" + Shortened(text) + "\""; }

}  // namespace ablate::spec
