// Whatever is killed, whenever: the points are those of an undisturbed run, none lost, none doubled, and nothing is left
// running. $ABLATE_E2E_WORKER decides which worker this is shown for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/workplace.h"

namespace ablate::e2e {
namespace {

using ::testing::HasSubstr;
using States = std::map<std::string, int64_t>;

// So that there is a middle to interrupt.
const Environment kSlow = {{"ABLATE_FAKE_STEP_US", "5000"}};
const std::vector<std::string> kRun = {"run", "eight.textproto", "--devices", "cpu:2"};
constexpr char kSteps[] = "SELECT COUNT(*) FROM raw_metric_points";

// A fake step takes as long as kSlow says; of real ones it takes more until there is a middle.
void CopyEight(Workplace& place, std::vector<std::pair<std::string, std::string>> edits = {}) {
  if (!WorkerIsFake()) edits.emplace_back("steps: 60", "steps: 500");
  place.Copy("eight.textproto", edits);
}

Points Undisturbed() {
  Workplace quiet("Undisturbed");
  CopyEight(quiet);
  EXPECT_EQ(quiet.Run(kRun).code, 0);
  return quiet.MetricPoints();
}

void ExpectWholeAndEqual(Workplace& place, const Points& undisturbed) {
  EXPECT_EQ(place.States(), (States{{"succeeded", 8}}));
  EXPECT_EQ(place.MetricPoints(), undisturbed);
  EXPECT_EQ(place.Number("SELECT COUNT(*) FROM attempts WHERE outcome IS NULL"), 0);
  EXPECT_EQ(place.Number("SELECT COUNT(*) FROM launches WHERE exit_reason IS NULL"), 0);
}

// Until at least `points` more points are in the database.
void WaitForPoints(Workplace& place, int64_t points) {
  const int64_t before = std::max<int64_t>(0, place.Number(kSteps));
  ASSERT_TRUE(place.WaitUntil([&] { return place.Number(kSteps) >= before + points; }));
}

TEST(Interruption, TheRunnerIsKilledAgainAndAgain) {
  const Points undisturbed = Undisturbed();
  Workplace place;
  CopyEight(place);
  std::mt19937 random(1);
  int kills = 0;
  for (int i = 0; i < 4; ++i) {
    const auto run = place.Start(kRun, kSlow);
    // Points come in bursts, so the kill is at a random time behind one.
    ASSERT_TRUE(place.WaitUntil([&] {
      return place.Number(
                 "SELECT COUNT(*) FROM launches WHERE exit_reason IS NULL AND "
                 "begin_us IS NOT NULL") > 0 ||
             !run->Running();
    }));
    usleep(random() % 200'000);
    kills += run->Running();
    run->Signal(SIGKILL);
    run->Wait();
    // Workers die with their runner.
    EXPECT_TRUE(place.WaitUntil([&] { return LiveWorkers().empty(); }));
  }
  EXPECT_GT(kills, 1);
  EXPECT_EQ(place.Run(kRun).code, 0);
  ExpectWholeAndEqual(place, undisturbed);
}

TEST(Interruption, ARunnerKilledAfterACheckpointGoesOnFromIt) {
  const Points undisturbed = Undisturbed();
  Workplace place;
  CopyEight(place);
  const auto run = place.Start(kRun, kSlow);
  ASSERT_TRUE(place.WaitUntil([&] { return place.Number("SELECT COUNT(*) FROM checkpoints") >= 8; }));
  run->Signal(SIGKILL);
  run->Wait();
  const Outcome again = place.Run(kRun);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("took over"));
  EXPECT_GT(place.Number("SELECT COUNT(*) FROM attempts WHERE first_step > 1"), 0);
  ExpectWholeAndEqual(place, undisturbed);
}

TEST(Interruption, AWorkerIsKilled) {
  const Points undisturbed = Undisturbed();
  Workplace place;
  CopyEight(place);
  const auto run = place.Start(kRun, kSlow);
  WaitForPoints(place, 8);
  const std::vector<pid_t> workers = LiveWorkers();
  ASSERT_FALSE(workers.empty());
  kill(workers[0], SIGKILL);
  const Outcome outcome = run->Wait();
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(place.Number("SELECT COUNT(*) FROM launches WHERE exit_reason LIKE 'crashed (signal 9%'"), 1);
  ExpectWholeAndEqual(place, undisturbed);
}

TEST(Interruption, WorkersThatMayFinishDoSoWithoutTheirRunner) {
  const Points undisturbed = Undisturbed();
  const auto copy = [](Workplace& place) {
    CopyEight(place, {{"seeds {", "launching { finish_without_runner: true }\nseeds {"}});
  };
  Workplace place;
  copy(place);
  auto run = place.Start(kRun, kSlow);
  WaitForPoints(place, 4);
  run->Signal(SIGKILL);
  run->Wait();
  EXPECT_FALSE(LiveWorkers().empty());
  EXPECT_TRUE(place.WaitUntil([&] { return LiveWorkers().empty(); }));
  EXPECT_EQ(place.Run(kRun).code, 0);
  ExpectWholeAndEqual(place, undisturbed);
  EXPECT_EQ(place.Number("SELECT COUNT(*) FROM attempts"), 8) << "nothing was trained twice";

  // A runner that comes while they work asks them to leave, and goes on from there.
  Workplace soon("Soon");
  copy(soon);
  run = soon.Start(kRun, kSlow);
  WaitForPoints(soon, 4);
  run->Signal(SIGKILL);
  run->Wait();
  const Outcome again = soon.Run(kRun, kSlow);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_GT(soon.Number("SELECT COUNT(*) FROM attempts WHERE outcome = 'left'"), 0);
  ExpectWholeAndEqual(soon, undisturbed);
}

class StopSignal : public ::testing::TestWithParam<int> {};

TEST_P(StopSignal, LeavesACheckpointAndTheNextRunGoesOn) {
  const Points undisturbed = Undisturbed();
  Workplace place;
  CopyEight(place, {{"checkpoint_seconds: 0.05", "checkpoint_seconds: 3600"}});
  const auto run = place.Start(kRun, kSlow);
  WaitForPoints(place, 8);
  run->Signal(GetParam());
  const Outcome stopped = run->Wait();
  EXPECT_EQ(stopped.code, 5) << stopped.out << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr("ablate run eight.textproto --devices cpu:2"));
  EXPECT_EQ(place.States()["running"], 0);
  EXPECT_GT(place.States()["pending"], 0);
  EXPECT_TRUE(LiveWorkers().empty());
  const int64_t steps_before = place.Number("SELECT SUM(last_step) FROM attempts WHERE outcome = 'left'");
  EXPECT_GT(steps_before, 0);

  EXPECT_EQ(place.Run(kRun).code, 0);
  // Each trial that left went on right behind its last step: nothing was computed twice.
  EXPECT_EQ(place.Number("SELECT SUM(first_step - 1) FROM attempts"), steps_before);
  ExpectWholeAndEqual(place, undisturbed);
}

INSTANTIATE_TEST_SUITE_P(Signals, StopSignal, ::testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST(Commands, CancelAndRetryReachARunner) {
  Workplace place;
  place.Copy("eight.textproto", {{"steps: 60", "steps: 5000"}, {"seeds {", "launching { max_array_trials: 2 }\nseeds {"}});
  const auto run = place.Start({"run", "eight.textproto", "--devices", "cpu:1"}, kSlow);
  WaitForPoints(place, 2);
  const Outcome cancelled = place.Run({"cancel", "eight"});
  EXPECT_EQ(cancelled.code, 0) << cancelled.err;
  EXPECT_THAT(cancelled.out, HasSubstr("the runner has taken it over"));
  EXPECT_EQ(run->Wait().code, 0);
  EXPECT_EQ(place.States(), (States{{"stopped", 2}, {"cancelled", 6}}));

  // Without a runner the database is changed at once.
  const Outcome retried = place.Run({"retry", "eight.textproto"});
  EXPECT_EQ(retried.code, 0) << retried.err;
  EXPECT_THAT(retried.out, HasSubstr("8 trials"));
  EXPECT_EQ(place.States(), (States{{"pending", 8}}));
  EXPECT_EQ(place.Run({"cancel", "eight"}).code, 0);
  EXPECT_EQ(place.States(), (States{{"cancelled", 8}}));
  EXPECT_EQ(place.Run({"run", "eight.textproto"}).code, 0);  // cancelled ones wait for retry
  EXPECT_EQ(place.States(), (States{{"cancelled", 8}}));
}

TEST(Commands, RetryInMidRunRunsAtOnce) {
  if (!WorkerIsFake()) GTEST_SKIP() << "only the fake worker goes wrong on demand";
  Workplace place;
  place.Copy("eight_seeds.textproto", {{"steps: 60", "steps: 150"}});
  Environment environment = kSlow;
  environment["ABLATE_FAKE_FAULTS"] = "nan:seed=1:step=2:times=1";
  const auto run = place.Start({"run", "eight_seeds.textproto"}, environment);
  ASSERT_TRUE(place.WaitUntil([&] { return place.States()["failed"] == 1; }));
  EXPECT_EQ(place.Run({"retry", "eight_seeds"}).code, 0);
  EXPECT_EQ(run->Wait().code, 0);
  EXPECT_EQ(place.States(), (States{{"succeeded", 8}}));
}

TEST(Status, TellsARunnerFromADeadOne) {
  Workplace place;
  place.Copy("eight.textproto", {{"steps: 60", "steps: 100000"}});
  const auto run = place.Start(kRun, kSlow);
  WaitForPoints(place, 2);
  const Outcome alive = place.Run({"status", "eight"});
  EXPECT_EQ(alive.code, 0) << alive.err;
  EXPECT_THAT(alive.out, HasSubstr("A runner is at work: process "));
  const auto json = nlohmann::json::parse(place.Run({"status", "--json"}).out);
  EXPECT_EQ(json.at("experiments")[0]["running"], 8);
  const auto number = [](const nlohmann::json& value) { return value.is_null() ? 0 : value.get<double>(); };
  double left = 0, pace = 0;  // in steps of one trial
  for (const auto& launch : json.at("launches")) {
    left += number(launch.at("trials")) * (number(launch.at("steps")) - number(launch.at("step")));
    pace += number(launch.at("trials")) * number(launch.at("steps_per_s"));
  }
  EXPECT_GT(pace, 0);
  EXPECT_NEAR(json.at("experiments")[0]["seconds_left"], left / pace, 1e-6 * left / pace);
  run->Signal(SIGKILL);
  run->Wait();
  EXPECT_THAT(place.Run({"status"}).out, HasSubstr("The last one died"));
  // cancel takes over from the dead runner, and leaves nothing running.
  EXPECT_EQ(place.Run({"cancel", "eight"}).code, 0);
  EXPECT_EQ(place.States(), (States{{"cancelled", 8}}));
  EXPECT_EQ(place.Run({"status", "nine"}).code, 4);
}

}  // namespace
}  // namespace ablate::e2e
