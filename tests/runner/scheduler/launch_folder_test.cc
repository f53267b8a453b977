#include "runner/scheduler/launch_folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>
#include <string>

#include "lib/base/files.h"
#include "runner/scheduler/running_launch.h"

namespace ablate::runner {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

TEST(LaunchFolder, HoldsWhatTheWorkerReadsAndKeepsWhatItWrote) {
  const std::string folder = testing::TempDir() + "/" + NewLaunchName();
  LaunchRequest request;
  request.set_launch("x");
  ASSERT_TRUE(MakeLaunchFolder(folder, request).ok());
  LaunchRequest read;
  EXPECT_TRUE(read.ParseFromString(*ReadFile(folder + "/launch.pb")));
  EXPECT_EQ(read.launch(), "x");
  ASSERT_TRUE(AskToLeave(folder).ok());
  ASSERT_TRUE(AskToStop(folder, "abc").ok());
  EXPECT_THAT(*ListFolder(folder + "/control"), ElementsAre("checkpoint_and_leave", "stop_abc"));

  ASSERT_TRUE(WriteFileAtomically(folder + "/events.log", "e").ok());
  ASSERT_TRUE(WriteFileAtomically(folder + "/log.txt", "").ok());
  ASSERT_TRUE(MakeFolders(folder + "/checkpoints").ok());
  ASSERT_TRUE(WriteFileAtomically(folder + "/checkpoints/abc", "weights").ok());
  TidyLaunchFolder(folder);
  EXPECT_THAT(*ListFolder(folder), ElementsAre("checkpoints", "events.log", "launch.pb"));
}

TEST(LaunchFolder, NamesDiffer) {
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) names.insert(NewLaunchName());
  EXPECT_GE(names.size(), 999u);  // 32 random bits within a second
}

TEST(LaunchFolder, QuotesTheEndOfLogTextHarmlessly) {
  const std::string folder = testing::TempDir() + "/logs";
  ASSERT_TRUE(MakeFolders(folder).ok());
  EXPECT_EQ(EndOfLogText(folder, 3), "");
  ASSERT_TRUE(WriteFileAtomically(folder + "/log.txt", "one\ntwo\n\nthree\x1b[2J\nfour\n").ok());
  EXPECT_EQ(EndOfLogText(folder, 3), "two | three?[2J | four");
  ASSERT_TRUE(WriteFileAtomically(folder + "/log.txt", std::string(100'000, 'x') + "\nlast").ok());
  EXPECT_EQ(EndOfLogText(folder, 2).size(), 500u);
  EXPECT_THAT(EndOfLogText(folder, 2), EndsWith("x | last"));
}

TEST(Pulse, BeatsWithTheLogAndTheControlFolder) {
  const std::string folder = testing::TempDir() + "/pulse";
  ASSERT_TRUE(MakeFolders(folder + "/control").ok());
  const auto at = [](int seconds) { return Pulse::Clock::time_point(std::chrono::seconds(seconds)); };
  const auto touch = [](const std::string& path, int second) {
    const timespec times[2] = {{second, 0}, {second, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  };
  touch(folder + "/control", 1);
  Pulse pulse(folder, at(0));
  EXPECT_EQ(pulse.SilentSeconds(at(1)), 0);
  EXPECT_EQ(pulse.SilentSeconds(at(5)), 4);
  touch(folder + "/control", 2);  // a clock that is years behind
  EXPECT_EQ(pulse.SilentSeconds(at(9)), 0);
  EXPECT_EQ(pulse.SilentSeconds(at(12)), 3);
  ASSERT_TRUE(WriteFileAtomically(folder + "/events.log", "x").ok());
  EXPECT_EQ(pulse.SilentSeconds(at(20)), 0);
}

// Steps per second are those of the last seconds, not of the whole launch.
TEST(RunningLaunch, MeasuresItsRate) {
  RunningLaunch launch("x", "/l", {1, {{0, 0, 0, 0, 100}}}, {});
  const auto at = [](double seconds) {
    Event event;
    event.set_time_us(static_cast<int64_t>(seconds * 1e6) + 1'000'000);
    return event;
  };
  const auto step = [&](double seconds, uint64_t number) {
    Event event = at(seconds);
    event.mutable_metric_points()->set_step(number);
    return event;
  };
  Event begin = at(0);
  begin.mutable_launch_begin();
  launch.Apply(begin);
  EXPECT_TRUE(launch.begun());
  const auto plan = spec::ParsePlan(R"(name: "rate"
      base { task { recall { } } model { encoder { layers: 1 heads: 1 width: 8 } } training { steps: 900 } })",
                                    "rate.textproto", {});
  ASSERT_TRUE(plan.ok()) << plan.status();
  const Ledger ledger(*plan);
  EXPECT_EQ(launch.ProgressOn("cpu", ledger).steps_per_second, 0);
  launch.Apply(step(1, 110));
  EXPECT_DOUBLE_EQ(launch.ProgressOn("cpu", ledger).steps_per_second, 10);
  launch.Apply(step(10, 200));
  launch.Apply(step(20, 400));
  const SlotProgress progress = launch.ProgressOn("cpu", ledger);
  EXPECT_DOUBLE_EQ(progress.steps_per_second, 20);
  EXPECT_EQ(progress.step, 400u);
  EXPECT_EQ(progress.steps, 900u);
  EXPECT_EQ(progress.trial, "base seed 1");
}

}  // namespace
}  // namespace ablate::runner
