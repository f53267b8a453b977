#include "lib/tasks/data/labels.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "lib/base/text.h"

namespace ablate::tasks {
namespace {

constexpr size_t kMaxClasses = 10000;

// The C names are "0" ... "C-1" in some order.
bool AreNumbers(const std::set<std::string>& names) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names.count(std::to_string(i)) == 0) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<Labels> Labels::Collect(const std::string& path, const std::vector<Row>& rows) {
  std::set<std::string> found;
  for (const Row& row : rows) {
    found.insert(row.label);
    if (found.size() > kMaxClasses) {
      return RowError(path, row.line,
                      fmt::format("more than {} different labels; is the label column the right one?", kMaxClasses));
    }
  }
  if (found.size() < 2) {
    return absl::InvalidArgumentError(
        fmt::format("{}: all labels are {}; at least 2 classes are needed", path, Quoted(*found.begin())));
  }
  Labels labels;
  labels.names_.assign(found.begin(), found.end());
  if (AreNumbers(found)) {
    for (size_t i = 0; i < labels.names_.size(); ++i) labels.names_[i] = std::to_string(i);
  }
  for (const std::string& name : labels.names_) labels.classes_.emplace(name, static_cast<int32_t>(labels.classes_.size()));
  return labels;
}

absl::StatusOr<int32_t> Labels::ClassOf(const std::string& path, const Row& row) const {
  if (const auto found = classes_.find(row.label); found != classes_.end()) return found->second;
  constexpr size_t kShown = 10;
  const auto quote = [](std::string* out, const std::string& name) { *out += Quoted(name); };
  const size_t shown = std::min(names_.size(), kShown);
  const bool is_name = row.label.size() > 2;  // between numbers, and initials, all are near
  return RowError(path, row.line,
                  fmt::format("label {} is not in the training file, which has {}{}{}", Quoted(row.label),
                              absl::StrJoin(names_.begin(), names_.begin() + shown, ", ", quote),
                              shown < names_.size() ? ", ..." : "", is_name ? DidYouMean(row.label, names_) : ""));
}

}  // namespace ablate::tasks
