#include "runner/cli/plain_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <utility>

#include "analysis/terminal_text.h"

namespace ablate::runner {

PlainView::PlainView(std::string experiment, std::string metric, FILE* out)
    : experiment_(std::move(experiment)), metric_(std::move(metric)), out_(out) {}

void PlainView::Line(const std::string& text) {
  const std::time_t now = std::time(nullptr);
  std::tm local;
  localtime_r(&now, &local);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
  fmt::print(out_, "{} {}\n", stamp, OneLine(text));
  std::fflush(out_);
}

void PlainView::Begin(const Progress& progress) {
  Line(fmt::format("{}: {} on {} {}", experiment_, CountsText(progress.counts), progress.slots.size(),
                   progress.slots.size() == 1 ? "slot" : "slots"));
}

void PlainView::TrialEnded(const TrialEnd& end, const Progress& progress) {
  uint64_t all = 0;
  for (const uint64_t count : progress.counts) all += count;
  const uint64_t open = Count(progress.counts, TrialState::kPending) + Count(progress.counts, TrialState::kRunning);
  Line(fmt::format("[{}/{}] {}", all - open, all, EndText(end, metric_)));
}

void PlainView::Remark(const std::string& text) { Line(text); }

void PlainView::Tick(const Progress&) {}

std::string OneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return analysis::EscapeControls(text);
}

std::string CountsText(const StateCounts& counts) {
  std::string text;
  for (size_t state = 0; state < kTrialStates; ++state) {
    if (counts[state] > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[state], kTrialStateNames[state]);
  }
  return text.empty() ? "no trials" : text;
}

std::string EndText(const TrialEnd& end, const std::string& metric) {
  std::string text = fmt::format("{} seed {} {}", end.arm, end.seed, kTrialStateNames[static_cast<size_t>(end.state)]);
  if (!std::isnan(end.metric)) text += fmt::format("  {} {:.4f}", metric, end.metric);
  if (!end.message.empty()) text += fmt::format("  {}", end.message);
  return text;
}

std::string RoughDurationText(double seconds) {
  constexpr double kMinute = 60, kHour = 3600, kDay = 86400;
  if (seconds < 1.5 * kMinute) return fmt::format("{:.0f} s", std::max(1.0, std::ceil(seconds)));
  if (seconds < kHour) return fmt::format("{:.0f} min", std::ceil(seconds / kMinute));
  if (seconds < 2 * kDay) {
    const auto minutes = static_cast<uint64_t>(std::ceil(seconds / (5 * kMinute))) * 5;
    return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
  }
  return fmt::format("{:.0f} days", std::ceil(seconds / kDay));
}

std::string DurationText(double seconds) {
  const auto whole = static_cast<uint64_t>(seconds + 0.5);
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace ablate::runner
