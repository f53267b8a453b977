// What `ablate run` promises when nothing is killed: run by itself, again, extended, with trials that go wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/e2e/workplace.h"

namespace ablate::e2e {
namespace {

using ::testing::HasSubstr;
using States = std::map<std::string, int64_t>;

constexpr char kAttempts[] = "SELECT COUNT(*) FROM attempts WHERE first_step IS NOT NULL";

TEST(Run, TrainsEverythingOnceAndThenNothing) {
  Workplace place;
  place.Copy("eight.textproto");
  const Outcome first = place.Run({"run", "eight.textproto", "--devices", "cpu:2"});
  EXPECT_EQ(first.code, 0) << first.out << first.err;
  EXPECT_THAT(first.out, HasSubstr("8 pending on 2 slots"));
  EXPECT_THAT(first.out, HasSubstr("[8/8]"));
  EXPECT_THAT(first.out, HasSubstr("ablate leaderboard eight"));
  EXPECT_EQ(place.States(), (States{{"succeeded", 8}}));
  EXPECT_EQ(place.Number(kAttempts), 8);
  const Points points = place.MetricPoints();
  EXPECT_GT(points.size(), 8u * (6 + 2 * 3) - 1);  // a training loss each 10 steps; two metrics at 3 evaluations

  const Outcome second = place.Run({"run", "eight.textproto", "--devices", "cpu:2"});
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(place.Number(kAttempts), 8);
  EXPECT_EQ(place.MetricPoints(), points);
}

TEST(Run, ExtendedByOneAlphaTrainsOnlyTheNewTrials) {
  Workplace place;
  place.Copy("eight.textproto");
  EXPECT_EQ(place.Run({"run", "eight.textproto"}).code, 0);
  const Points before = place.MetricPoints();
  place.Copy("eight.textproto", {{"[1.25, 1.5]", "[1.25, 1.5, 1.75]"}});
  const Outcome planned = place.Run({"plan", "eight.textproto", "--format", "csv"});
  EXPECT_THAT(planned.out, HasSubstr("entmax alpha=1.75,2,0,0,2,"));
  const Outcome extended = place.Run({"run", "eight.textproto"});
  EXPECT_EQ(extended.code, 0) << extended.err;
  EXPECT_EQ(place.States(), (States{{"succeeded", 10}}));
  EXPECT_EQ(place.Number(kAttempts), 10);
  EXPECT_EQ(place.Number("SELECT COUNT(*) FROM attempts JOIN trials USING (trial) WHERE alpha = 1.75"), 2);
  Points after = place.MetricPoints();
  for (const auto& [key, value] : before) EXPECT_EQ(after[key], value);
}

// The same bits however trials are packed.
TEST(Run, ArraysOfAnySizeGiveTheSamePoints) {
  Points alone;
  for (const char* size : {"1", "3", "8"}) {
    Workplace place(size);
    place.Copy("eight.textproto", {{"seeds {", std::string("launching { max_array_trials: ") + size + " }\nseeds {"}});
    ASSERT_EQ(place.Run({"run", "eight.textproto", "--devices", "cpu:1"}).code, 0);
    const int64_t launches = place.Number("SELECT COUNT(*) FROM launches");
    EXPECT_EQ(launches, std::string(size) == "1" ? 8 : std::string(size) == "3" ? 3 : 1);
    if (alone.empty()) alone = place.MetricPoints();
    EXPECT_EQ(place.MetricPoints(), alone) << size;
  }
}

TEST(Run, LeavesNoCheckpointsAndNoWorkersBehind) {
  Workplace place;
  place.Copy("eight.textproto", {{"checkpoint_seconds: 0.05", "checkpoint_seconds: 0"}});
  EXPECT_EQ(place.Run({"run", "eight.textproto"}).code, 0);
  EXPECT_GT(place.Number("SELECT COUNT(*) FROM checkpoints"), 0);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(place.Path("results.db.launches"))) {
    const std::string name = entry.path().filename();
    EXPECT_TRUE(entry.is_directory() || name == "events.log" || name == "launch.pb" || name == "log.txt") << entry.path();
    EXPECT_NE(name, "checkpoints");
    EXPECT_NE(name, "control");
  }
  EXPECT_TRUE(LiveWorkers().empty());
}

TEST(Run, SaysWhereItsLaunchesCameFrom) {
  Workplace place;
  place.Copy("eight.textproto");
  const std::string git = "cd " + place.folder() + " && git init -q . && git add eight.textproto && " +
                          "git -c user.name=a -c user.email=a@example.org commit -q -m first";
  ASSERT_EQ(std::system(git.c_str()), 0);
  EXPECT_EQ(place.Run({"run", "eight.textproto", "--set", "training.steps=7"}).code, 0);
  EXPECT_THAT(place.Column("SELECT DISTINCT command_line FROM launches")[0],
              ::testing::EndsWith("ablate run eight.textproto --set training.steps=7"));
  EXPECT_EQ(place.Column("SELECT DISTINCT git_commit FROM launches")[0].size(), 40u);
  EXPECT_EQ(place.Column("SELECT DISTINCT git_diff_digest FROM launches"), std::vector<std::string>{""});
  EXPECT_EQ(place.Number("SELECT MAX(last_step) FROM attempts"), 7);

  place.Copy("eight.textproto", {{"first: 1", "first: 3"}});
  EXPECT_EQ(place.Run({"run", "eight.textproto"}).code, 0);
  EXPECT_EQ(place.Number("SELECT COUNT(DISTINCT git_diff_digest) FROM launches WHERE length(git_diff_digest) = 64"), 1);
}

TEST(Run, DoesNotReadDataSetsThatLieAbout) {
  Workplace place;
  place.Copy("eight.textproto");
  const std::string git = "cd " + place.folder() + " && git init -q . && git add eight.textproto && " +
                          "git -c user.name=a -c user.email=a@example.org commit -q -m first";
  ASSERT_EQ(std::system(git.c_str()), 0);
  std::ofstream(place.Path("data_set")) << "first line";
  std::filesystem::resize_file(place.Path("data_set"), uint64_t{1} << 31);
  const Outcome run = place.Run({"run", "eight.textproto"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_LT(run.peak_bytes, 1e8);
  EXPECT_THAT(place.Column("SELECT text FROM texts WHERE text LIKE '%left out: data_set%'"),
              ::testing::ElementsAre(::testing::HasSubstr("left out: data_set, 2147483648 bytes, unread")));
}

TEST(Run, RefusesASecondOneOnTheSameDatabase) {
  Workplace place;
  place.Copy("eight.textproto", {{"steps: 60", "steps: 100000"}});
  const auto first = place.Start({"run", "eight.textproto"}, {{"ABLATE_FAKE_STEP_US", "1000"}});
  ASSERT_TRUE(place.WaitUntil([&] { return place.Number("SELECT COUNT(*) FROM launches") > 0; }));
  const Outcome second = place.Run({"run", "eight.textproto"});
  EXPECT_EQ(second.code, 6);
  EXPECT_THAT(second.err, HasSubstr("process"));
}

TEST(Run, EightPretendedGpusGetATrialEach) {
  if (!WorkerIsFake()) GTEST_SKIP() << "only the fake worker computes on what isn't there";
  Workplace place;
  place.Copy("eight.textproto");
  place.Copy("eight_gpus.textproto");
  const Outcome run = place.Run({"run", "eight.textproto", "--devices", "eight_gpus.textproto"});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("8 pending on 8 slots"));
  EXPECT_EQ(place.Number("SELECT COUNT(DISTINCT device) FROM launches"), 8);
  EXPECT_EQ(place.Number("SELECT COUNT(*) FROM launches WHERE slot_bytes > 70000000000 AND length(shape) = 32"), 8);
  EXPECT_EQ(place.Run({"run", "eight.textproto", "--devices", "none.textproto"}).code, 3);
  EXPECT_EQ(place.Run({"run", "eight.textproto", "--devices", "eight.textproto"}).code, 4);  // no inventory
}

TEST(Plan, TellsTimeAndMemoryAndHoldsThemToABudget) {
  Workplace place;
  place.Copy("eight.textproto");
  place.Copy("eight_gpus.textproto");
  const Outcome estimated = place.Run({"plan", "eight.textproto", "--devices", "cpu:2"});
  EXPECT_EQ(estimated.code, 0) << estimated.err;
  EXPECT_THAT(estimated.out, HasSubstr("8 to run in 2 arrays on 2 slots; about"));
  EXPECT_THAT(estimated.out, HasSubstr("(estimated); at most 4 trials and 1 MB of tensors in an array (estimated)"));
  const Outcome gpus = place.Run({"plan", "eight.textproto", "--devices", "eight_gpus.textproto"});
  EXPECT_THAT(gpus.out, HasSubstr("8 to run in 8 arrays on 8 slots; time unknown; at most 1 trials"));

  const std::vector<std::string> on_cpu = {"plan", "eight.textproto", "--devices", "cpu:2", "--budget"};
  const auto with_budget = [&](const std::string& budget) {
    std::vector<std::string> arguments = on_cpu;
    arguments.push_back(budget);
    return place.Run(arguments);
  };
  EXPECT_EQ(with_budget("2h").code, 0);
  const Outcome refused = with_budget("1ms");
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, HasSubstr("(estimated); allowed by --budget: 1ms"));
  EXPECT_EQ(with_budget("soon").code, 4);
  EXPECT_EQ(place.Run({"plan", "eight.textproto", "--devices", "eight_gpus.textproto", "--budget", "2h"}).code, 4);

  EXPECT_EQ(place.Run({"run", "eight.textproto", "--devices", "cpu:2"}).code, 0);
  EXPECT_EQ(with_budget("1ms").code, 0) << "nothing is to run any more";
  place.Copy("eight.textproto", {{"count: 2", "count: 3"}});
  const Outcome recorded = place.Run({"plan", "eight.textproto", "--devices", "cpu:2"});
  EXPECT_THAT(recorded.out, HasSubstr("4 to run in 2 arrays on 2 slots"));
  EXPECT_THAT(recorded.out, HasSubstr("(recorded); at most"));
}

TEST(Run, SaysWhatIsMissing) {
  Workplace place;
  place.Copy("eight.textproto");
  EXPECT_EQ(place.Run({"run", "none.textproto"}).code, 2);
  EXPECT_EQ(place.Run({"run", "eight.textproto", "--devices", "gpu"}).code, 4);
  EXPECT_EQ(place.Run({"run", "eight.textproto"}, {{"ABLATE_WORKER", "/no/such/worker"}}).code, 3);
  const Outcome useless = place.Run({"run", "eight.textproto"}, {{"ABLATE_WORKER", "/bin/false"}});
  EXPECT_EQ(useless.code, 3);
  EXPECT_THAT(useless.err, HasSubstr("exit code 1"));
  EXPECT_EQ(place.States(), (States{{"pending", 8}}));  // nobody is blamed for a worker that does not work
  EXPECT_EQ(place.Run({"run", "eight.textproto"}).code, 0);
}

}  // namespace
}  // namespace ablate::e2e
