// What `ablate run` shows: on a terminal, and in a pipe.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "analysis/terminal_text.h"
#include "runner/cli/live_view.h"
#include "runner/cli/plain_view.h"
#include "runner/cli/provenance.h"

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
  EXPECT_THAT(
      LivePicture("sst2", Example(), "best so far: entmax  validation/accuracy 0.8123 (n = 3)", 80, 24),
      ElementsAre("sst2  [##########....................] 4/12  1 min 23 s", "  3 pending, 5 running, 3 succeeded, 1 failed",
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
      const auto lines = LivePicture(std::string(100, 'n'), progress, std::string(100, 'b'), width, height);
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
