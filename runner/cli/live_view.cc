#include "runner/cli/live_view.h"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/terminal_text.h"
#include "lib/base/text.h"
#include "runner/cli/plain_view.h"

namespace ablate::runner {
namespace {

constexpr int kMostColumns = 80;
constexpr int kBarColumns = 30;
constexpr size_t kMostBytesOfColumn = 8;  // a wide letter with a mark
constexpr int kTrialColumns = 37;
constexpr std::chrono::milliseconds kDrawAtMostEvery{100};

struct Size {
  int width = kMostColumns, height = 24;
};

Size SizeOf(FILE* terminal) {
  winsize size = {};
  if (ioctl(fileno(terminal), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

// The beginning that takes at most `columns`.
std::string Cut(std::string text, int columns) {
  text.resize(std::min(text.size(), static_cast<size_t>(std::max(0, columns)) * kMostBytesOfColumn));
  while (!IsUtf8(text)) text.pop_back();
  while (!text.empty() && analysis::DisplayWidth(text) > columns) {
    do {
      text.pop_back();
    } while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80) != 0 && !IsUtf8(text));
  }
  return text;
}

std::string Bar(const StateCounts& counts) {
  uint64_t all = 0;
  for (const uint64_t count : counts) all += count;
  const uint64_t open = Count(counts, TrialState::kPending) + Count(counts, TrialState::kRunning);
  const uint64_t full = all == 0 ? 0 : (all - open) * kBarColumns / all;
  return fmt::format("[{}{}] {}/{}", std::string(full, '#'), std::string(kBarColumns - full, '.'), all - open, all);
}

// Of all slots together, where there are several.
std::string AllStepsText(const Progress& progress) {
  double rate = 0;
  for (const SlotProgress& slot : progress.slots) rate += slot.trial.empty() ? 0 : slot.steps_per_second;
  return rate > 0 && progress.slots.size() > 1 ? fmt::format("; {:.4g} steps/s in all", rate) : "";
}

std::string SlotLine(const SlotProgress& slot) {
  if (slot.trial.empty()) return fmt::format("  {:<7} idle", slot.device);
  const std::string more = slot.trials > 1 ? fmt::format(" (+{})", slot.trials - 1) : "";
  const std::string rate = slot.steps_per_second > 0 ? fmt::format("{:.4g} steps/s", slot.steps_per_second) : "";
  const std::string trial = Cut(analysis::EscapeControls(slot.trial), kTrialColumns - static_cast<int>(more.size())) + more;
  const std::string padding(kTrialColumns - analysis::DisplayWidth(trial), ' ');
  return fmt::format("  {:<7} {}{} {:>14}  {}", slot.device, trial, padding, fmt::format("{}/{}", slot.step, slot.steps), rate);
}

}  // namespace

std::vector<std::string> LivePicture(const std::string& experiment, const Progress& progress,
                                     std::optional<double> seconds_left, const std::string& best, int width, int height) {
  std::vector<std::string> lines;
  const std::string left = seconds_left ? fmt::format(", about {} left", RoughDurationText(*seconds_left)) : "";
  lines.push_back(fmt::format("{}  {}  {}{}", experiment, Bar(progress.counts), DurationText(progress.seconds),
                              progress.stopping ? ", stopping" : left));
  lines.push_back("  " + CountsText(progress.counts) + AllStepsText(progress));
  const size_t foot = best.empty() ? 0 : 1;
  const size_t room = static_cast<size_t>(std::max(4, height - 1)) - lines.size() - foot;
  const size_t shown = progress.slots.size() <= room ? progress.slots.size() : room - 1;
  for (size_t i = 0; i < shown; ++i) lines.push_back(SlotLine(progress.slots[i]));
  if (shown < progress.slots.size()) lines.push_back(fmt::format("  and {} more slots", progress.slots.size() - shown));
  if (foot > 0) lines.push_back("  " + best);
  // The last column stays free: some terminals wrap there.
  for (std::string& line : lines) line = Cut(analysis::EscapeControls(line), std::max(10, std::min(width, kMostColumns) - 1));
  return lines;
}

LiveView::LiveView(std::string experiment, std::string metric, std::function<std::string()> best, FILE* terminal)
    : experiment_(std::move(experiment)), metric_(std::move(metric)), best_(std::move(best)), terminal_(terminal) {}

LiveView::~LiveView() { Write(Erasure() + above_); }

void LiveView::Begin(const Progress& progress) {
  time_left_.emplace(progress);
  Draw(progress);
}

// A success shows in the counts.
void LiveView::TrialEnded(const TrialEnd& end, const Progress&) {
  if (end.state != TrialState::kSucceeded) above_ += OneLine(EndText(end, metric_)) + "\n";
}

void LiveView::Remark(const std::string& text) { above_ += OneLine(text) + "\n"; }

void LiveView::Tick(const Progress& progress) {
  if (Clock::now() < draw_again_) return;
  draw_again_ = Clock::now() + kDrawAtMostEvery;
  if (Clock::now() >= ask_again_) AskForBest();
  Draw(progress);
}

void LiveView::AskForBest() {
  const Clock::time_point begin = Clock::now();
  best_line_ = best_();
  const Clock::duration taken = Clock::now() - begin;
  ask_again_ = Clock::now() + std::max<Clock::duration>(std::chrono::seconds(2), 20 * taken);
}

// Back to the first column of the picture's first line, and everything below wiped. A narrower terminal has wrapped its lines.
std::string LiveView::Erasure() const {
  if (drawn_.empty()) return "";
  const int width = SizeOf(terminal_).width;
  int rows = 0;
  for (const std::string& line : drawn_) rows += 1 + (analysis::DisplayWidth(line) - 1) / width;
  return fmt::format("\x1b[{}A\r\x1b[J", rows);
}

// One write for the whole picture, and none where nothing has changed: no flicker.
void LiveView::Draw(const Progress& progress) {
  const Size size = SizeOf(terminal_);
  const std::optional<double> left = time_left_ ? time_left_->At(progress) : std::nullopt;
  std::vector<std::string> picture = LivePicture(experiment_, progress, left, best_line_, size.width, size.height);
  if (above_.empty() && picture == drawn_ && size.width == drawn_width_) return;
  std::string text = Erasure() + above_;
  for (const std::string& line : picture) text += line + "\n";
  Write(text);
  above_.clear();
  drawn_ = std::move(picture);
  drawn_width_ = size.width;
}

void LiveView::Write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), terminal_);
  std::fflush(terminal_);
}

}  // namespace ablate::runner
