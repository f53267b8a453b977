// What `ablate run` shows: on a terminal, and in a pipe.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "analysis/terminal_text.h"
#include "runner/cli/live_view.h"
#include "runner/cli/plain_view.h"
#include "runner/cli/provenance.h"
#include "runner/cli/time_left.h"

namespace ablate::runner {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

Progress Example() {
  Progress progress;
  progress.counts = {3, 5, 3, 0, 1, 0};
  progress.seconds = 83;
  progress.slots = {{"cpu", "entmax alpha=1.5 seed 2", 4, 120, 3000, 45.25},
                    {"cpu", "softmax seed 1", 1, 0, 3000, 0},
                    {"cpu", "", 0, 0, 0, 0}};
  return progress;
}

TEST(LivePicture, ShowsStatesSlotsAndTheBestArm) {
  EXPECT_THAT(LivePicture("sst2", Example(), 150, "best so far: entmax  validation/accuracy 0.8123 (n = 3)", 80, 24),
              ElementsAre("sst2  [##########....................] 4/12  1 min 23 s, about 3 min left",
                          "  3 pending, 5 running, 3 succeeded, 1 failed; 45.25 steps/s in all",
                          "  cpu     entmax alpha=1.5 seed 2 (+3)                120/3000  45.25 steps/s",
                          "  cpu     softmax seed 1                                0/3000  ", "  cpu     idle",
                          "  best so far: entmax  validation/accuracy 0.8123 (n = 3)"));
}

TEST(LivePicture, FitsAnyTerminal) {
  Progress progress = Example();
  progress.slots.resize(64, progress.slots[0]);
  progress.slots[0].trial = std::string(200, 'x') + " seed 1";
  progress.slots[1].trial = "\xe6\xb3\xa8\xe6\x84\x8f\x1b[2J seed 1";  // wide letters, and a control character
  progress.slots[2].step = progress.slots[2].steps = 100'000'000;
  for (const int width : {10, 40, 80, 200}) {
    for (const int height : {1, 5, 24, 100}) {
      const auto lines = LivePicture(std::string(100, 'n'), progress, 1e9, std::string(100, 'b'), width, height);
      EXPECT_LE(lines.size(), static_cast<size_t>(std::max(4, height - 1)));
      for (const std::string& line : lines) {
        EXPECT_LE(analysis::DisplayWidth(line), std::min(width, 80));
        EXPECT_EQ(line.find('\x1b'), std::string::npos);
      }
    }
  }
}

std::string Content(std::FILE* file) {
  std::string content(static_cast<size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  EXPECT_EQ(std::fread(content.data(), 1, content.size(), file), content.size());
  std::fclose(file);
  return content;
}

// A terminal that knows the three sequences that are used; its lines afterwards.
std::vector<std::string> Screen(const std::string& text) {
  std::vector<std::string> lines = {""};
  size_t row = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "\x1b[") == 0) {
      const size_t end = text.find_first_of("AJ", i);
      if (text[end] == 'A') row -= std::stoul(text.substr(i + 2));
      if (text[end] == 'J') {
        lines.resize(row + 1);
        lines[row].clear();
      }
      i = end;
    } else if (text[i] == '\n') {
      if (++row == lines.size()) lines.emplace_back();
    } else if (text[i] != '\r') {
      lines[row] += text[i];
    }
  }
  return lines;
}

TEST(LiveView, RedrawsInPlaceAndKeepsWhatHappenedAbove) {
  std::FILE* out = std::tmpfile();
  {
    LiveView view(
        "sst2", "validation/accuracy", [] { return std::string(); }, out);
    view.Begin(Example());
    view.TrialEnded({"softmax", 1, TrialState::kFailed, std::nan(""), "nan: the loss is NaN at step 7"}, Example());
    view.TrialEnded({"softmax", 2, TrialState::kSucceeded, 0.5, ""}, Example());
    view.Tick(Example());
    view.Remark("stopping");
  }
  EXPECT_THAT(Screen(Content(out)), ElementsAre("softmax seed 1 failed  nan: the loss is NaN at step 7", "stopping", ""));
}

TEST(LiveView, WritesNothingWhereNothingChanges) {
  std::FILE* out = std::tmpfile();
  {
    LiveView view(
        "sst2", "validation/accuracy", [] { return std::string(); }, out);
    view.Begin(Example());
    const long before = std::ftell(out);
    view.Tick(Example());
    EXPECT_EQ(std::ftell(out), before);
  }
  std::fclose(out);
}

// A terminal that wraps long lines anew when its width changes, as most do; `lines` are unwrapped.
class WrappingTerminal {
 public:
  void set_width(size_t width) { width_ = width; }

  void Feed(const std::string& text) {
    for (size_t i = 0; i < text.size(); ++i) {
      if (text.compare(i, 2, "\x1b[") == 0) {
        const size_t end = text.find_first_of("AJ", i);
        if (text[end] == 'A') Up(std::stoul(text.substr(i + 2)));
        if (text[end] == 'J') lines_.resize(line_), lines_.emplace_back();
        i = end;
      } else if (text[i] == '\n') {
        if (++line_ == lines_.size()) lines_.emplace_back();
      } else if (text[i] != '\r') {
        lines_[line_] += text[i];
      }
    }
  }

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  void Up(size_t rows) {
    while (rows > 0 && line_ > 0) {
      --line_;
      const size_t taken = std::max<size_t>(1, (lines_[line_].size() + width_ - 1) / width_);
      EXPECT_LE(taken, rows) << "stops in the middle of: " << lines_[line_];
      rows -= std::min(rows, taken);
    }
    EXPECT_EQ(rows, 0u);
  }

  size_t width_ = 80, line_ = 0;
  std::vector<std::string> lines_ = {""};
};

// A pseudo-terminal: what is written to `out` is what its other end reads.
struct PseudoTerminal {
  explicit PseudoTerminal(unsigned short columns) {
    int child = -1;
    EXPECT_EQ(openpty(&parent, &child, nullptr, nullptr, nullptr), 0);
    termios settings;
    tcgetattr(child, &settings);
    cfmakeraw(&settings);
    tcsetattr(child, TCSANOW, &settings);
    fcntl(parent, F_SETFL, O_NONBLOCK);
    out = fdopen(child, "w");
    Resize(columns);
  }
  ~PseudoTerminal() {
    std::fclose(out);
    close(parent);
  }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;

  void Resize(unsigned short columns) const {
    const winsize size = {24, columns, 0, 0};
    EXPECT_EQ(ioctl(parent, TIOCSWINSZ, &size), 0);
  }
  // The kernel hands a picture on in pieces.
  std::string Read() const {
    std::string text, piece(1 << 16, '\0');
    pollfd more = {parent, POLLIN, 0};
    while (poll(&more, 1, kQuietMilliseconds) > 0) {
      const ssize_t count = read(parent, piece.data(), piece.size());
      if (count <= 0) break;
      text.append(piece, 0, static_cast<size_t>(count));
    }
    return text;
  }

  static constexpr int kQuietMilliseconds = 200;
  int parent = -1;
  std::FILE* out = nullptr;
};

TEST(LiveView, IsWholeAfterTheTerminalWasResized) {
  const PseudoTerminal pseudo_terminal(80);
  WrappingTerminal terminal;
  LiveView view(
      "sst2", "validation/accuracy", [] { return std::string("best so far: entmax  validation/accuracy 0.8123"); },
      pseudo_terminal.out);
  view.Begin(Example());
  view.Remark("a remark");
  terminal.Feed(pseudo_terminal.Read());
  for (const int width : {40, 100, 25, 80}) {
    pseudo_terminal.Resize(width);
    terminal.set_width(width);
    usleep(120'000);  // pictures are drawn ten times a second at most
    view.Tick(Example());
    terminal.Feed(pseudo_terminal.Read());
    const auto& lines = terminal.lines();
    ASSERT_EQ(lines.size(), 8u) << width;  // the remark, six of the picture, and the cursor's
    EXPECT_EQ(lines[0], "a remark");
    EXPECT_EQ(lines[1].substr(0, 14), "sst2  [#######");
    for (size_t i = 1; i < lines.size(); ++i) EXPECT_LT(lines[i].size(), static_cast<size_t>(width));
  }
}

Progress At(double seconds, uint64_t succeeded, uint64_t step) {
  Progress progress;
  progress.counts = {9 - succeeded, 1, succeeded, 0, 0, 0};
  progress.seconds = seconds;
  progress.slots = {{"cpu", "softmax seed 1", 1, step, 100, 1}};
  return progress;
}

TEST(TimeLeft, IsThatOfTheMeanPace) {
  const TimeLeft left(At(0, 2, 0));
  EXPECT_EQ(left.At(At(1, 2, 1)), std::nullopt);  // too early to say
  EXPECT_DOUBLE_EQ(*left.At(At(30, 3, 50)), 30 / 1.5 * 6.5);
  Progress done = At(60, 9, 0);
  done.counts = {0, 0, 10, 0, 0, 0};
  EXPECT_EQ(left.At(done), std::nullopt);
}

TEST(RoughDurationText, HasNoFalsePrecision) {
  EXPECT_EQ(RoughDurationText(0.2), "1 s");
  EXPECT_EQ(RoughDurationText(59.2), "60 s");
  EXPECT_EQ(RoughDurationText(150), "3 min");
  EXPECT_EQ(RoughDurationText(7400), "2 h 05 min");
  EXPECT_EQ(RoughDurationText(3.2 * 86400), "4 days");
}

TEST(AddToPatch, AddsTextsAndNamesTheRest) {
  std::string patch;
  AddToPatch("a b.txt", "one\ntwo", patch);
  AddToPatch("empty", "", patch);
  EXPECT_EQ(patch,
            "diff --git a/a b.txt b/a b.txt\nnew file mode 100644\n--- /dev/null\n+++ b/a b.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n"
            "\\ No newline at end of file\n"
            "diff --git a/empty b/empty\nnew file mode 100644\nindex 0000000..e69de29\n");
  patch.clear();
  AddToPatch("image", std::string("\0x", 2), patch);
  EXPECT_THAT(patch, ::testing::StartsWith("left out: image, 2 bytes, sha256:"));
}

TEST(PlainView, IsOneTimedLinePerEvent) {
  std::FILE* out = std::tmpfile();
  PlainView view("sst2", "validation/accuracy", out);
  view.Begin(Example());
  view.TrialEnded({"softmax", 1, TrialState::kSucceeded, 0.8125, ""}, Example());
  view.Tick(Example());
  view.Remark("line\nbreak");
  const std::string text = Content(out);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_THAT(text, HasSubstr(" sst2: 3 pending, 5 running, 3 succeeded, 1 failed on 3 slots\n"));
  EXPECT_THAT(text, HasSubstr(" [4/12] softmax seed 1 succeeded  validation/accuracy 0.8125\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} sst2"));
  EXPECT_THAT(text, EndsWith("line break\n"));
}

TEST(DurationText, IsShort) {
  EXPECT_EQ(DurationText(0.123), "0.12 s");
  EXPECT_EQ(DurationText(45.4), "45 s");
  EXPECT_EQ(DurationText(59.7), "1 min 00 s");
  EXPECT_EQ(DurationText(3599.9), "1 h 00 min");
  EXPECT_EQ(DurationText(7384), "2 h 03 min");
}

TEST(Quoted, ReadsBackInAShell) {
  const char* words[] = {"ablate", "run", "my file.textproto", "--set", "a='b'", ""};
  EXPECT_EQ(Quoted(6, words), R"(ablate run 'my file.textproto' --set 'a='\''b'\''' '')");
}

}  // namespace
}  // namespace ablate::runner
