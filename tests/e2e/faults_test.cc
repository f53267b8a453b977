// Trials that go wrong, with the fake worker: each ends as that trial's failure, never as its neighbours'.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "tests/e2e/workplace.h"

namespace ablate::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using States = std::map<std::string, int64_t>;

class Faults : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!WorkerIsFake()) GTEST_SKIP() << "only the fake worker goes wrong on demand";
    place_.Copy("eight_seeds.textproto");
  }

  // The experiment with fields of `launching`.
  void Launching(const std::string& fields) {
    place_.Copy("eight_seeds.textproto", {{"seeds {", "launching { " + fields + " }\nseeds {"}});
  }

  Outcome Run(const std::string& faults) {
    return place_.Run({"run", "eight_seeds.textproto", "--devices", "cpu:1"}, {{"ABLATE_FAKE_FAULTS", faults}});
  }

  // The failed trial is the one with this seed; all others have the points that they have where nothing goes wrong.
  void ExpectOnlyThisFailed(const std::string& seed) {
    EXPECT_EQ(place_.States(), (States{{"succeeded", 7}, {"failed", 1}}));
    EXPECT_THAT(place_.Column("SELECT seed FROM trial_overview WHERE state = 'failed'"), ElementsAre(seed));
    Workplace quiet("Undisturbed");
    quiet.Copy("eight_seeds.textproto");
    ASSERT_EQ(quiet.Run({"run", "eight_seeds.textproto"}).code, 0);
    Points expected = quiet.MetricPoints();
    const std::string failed = place_.Column("SELECT trial_id FROM trial_overview WHERE state = 'failed'")[0];
    for (auto point = expected.begin(); point != expected.end();) {
      point = std::get<0>(point->first) == failed ? expected.erase(point) : std::next(point);
    }
    Points points = place_.MetricPoints();
    for (auto point = points.begin(); point != points.end();) {
      point = std::get<0>(point->first) == failed ? points.erase(point) : std::next(point);
    }
    EXPECT_EQ(points, expected);
  }

  Workplace place_;
};

TEST_F(Faults, ACrashIsIsolatedByHalving) {
  const Outcome run = Run("crash:seed=3:step=20");
  EXPECT_EQ(run.code, 1) << run.out << run.err;
  ExpectOnlyThisFailed("3");
  // 8, 4, 2, alone, and alone once more (crash_retries); then the halves without it: 4, 2, 1.
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM launches WHERE exit_reason LIKE 'crashed (signal 11%'"), 5);
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM launches WHERE exit_reason = 'ended'"), 3);
  const std::string message = place_.Column("SELECT message FROM failures WHERE outcome = 'failed'")[0];
  EXPECT_THAT(message, HasSubstr("signal 11"));
  EXPECT_THAT(message, HasSubstr("about to crash"));  // the end of log.txt
  EXPECT_THAT(place_.Column("SELECT failure_class FROM failures WHERE outcome = 'failed'"), ElementsAre("crash"));
  EXPECT_THAT(run.out, HasSubstr("seed 3 failed"));
  EXPECT_THAT(run.out, HasSubstr("ablate retry"));

  // Not run again by itself; but by retry, and then it may succeed.
  EXPECT_EQ(Run("").code, 1);
  EXPECT_EQ(place_.Run({"retry", "eight_seeds"}).code, 0);
  EXPECT_EQ(Run("").code, 0);
  EXPECT_EQ(place_.States(), (States{{"succeeded", 8}}));
}

TEST_F(Faults, ACrashThatDoesNotRepeatBlamesNobody) {
  EXPECT_EQ(Run("crash:seed=3:step=20:times=1").code, 0);
  EXPECT_EQ(place_.States(), (States{{"succeeded", 8}}));
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM failures"), 0);
}

TEST_F(Faults, AnExitIsACrashWithItsCode) {
  EXPECT_EQ(Run("exit:seed=8:step=1").code, 1);
  ExpectOnlyThisFailed("8");
  EXPECT_THAT(place_.Column("SELECT message FROM failures WHERE outcome = 'failed'")[0], HasSubstr("exit code 3"));
}

TEST_F(Faults, NanFailsItsTrialAlone) {
  const Outcome run = Run("nan:seed=5:step=31");
  EXPECT_EQ(run.code, 1);
  ExpectOnlyThisFailed("5");
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM launches"), 1);
  EXPECT_THAT(run.out, HasSubstr("nan: the loss is NaN at step 31"));
}

TEST_F(Faults, ATornRecordIsACrash) {
  EXPECT_EQ(Run("torn:seed=1:step=45").code, 1);
  ExpectOnlyThisFailed("1");
}

TEST_F(Faults, ATrialWithoutAnEndIsNotForgotten) {
  EXPECT_EQ(Run("silent:seed=2:step=10").code, 1);
  ExpectOnlyThisFailed("2");
  EXPECT_THAT(place_.Column("SELECT failure_class FROM failures WHERE outcome = 'failed'"), ElementsAre("internal"));
}

TEST_F(Faults, AHangIsNoticedAndIsolated) {
  Launching("heartbeat_seconds: 0.4");
  const Outcome run = Run("hang:seed=6:step=50");
  EXPECT_EQ(run.code, 1) << run.out << run.err;
  ExpectOnlyThisFailed("6");
  EXPECT_THAT(place_.Column("SELECT failure_class FROM failures WHERE outcome = 'failed'"), ElementsAre("no_progress"));
  EXPECT_THAT(place_.Column("SELECT message FROM failures WHERE outcome = 'failed'")[0],
              HasSubstr("no sign of life for 0.4 s"));
  EXPECT_TRUE(LiveWorkers().empty());
}

TEST_F(Faults, OutOfMemorySplitsArraysAndIsRemembered) {
  const Outcome run = Run("memory:step=10:trials=3");
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_EQ(place_.States(), (States{{"succeeded", 8}}));
  EXPECT_THAT(run.out, HasSubstr("ran out of memory"));
  const char* const sizes = "SELECT COUNT(*) FROM attempts GROUP BY launch ORDER BY launch";
  // Eight do not fit, nor do four; then the arrays are of two.
  EXPECT_THAT(place_.Column(sizes), ElementsAre("8", "4", "2", "2", "2", "2"));

  // The next run starts with what fits, though nothing goes wrong any more.
  place_.Copy("eight_seeds.textproto", {{"count: 8", "count: 12"}});
  EXPECT_EQ(Run("").code, 0);
  EXPECT_THAT(place_.Column(sizes), ElementsAre("8", "4", "2", "2", "2", "2", "2", "2"));
  EXPECT_EQ(place_.States(), (States{{"succeeded", 12}}));
}

TEST_F(Faults, WhatDoesNotFitAloneFails) {
  EXPECT_EQ(Run("memory:seed=3:step=20").code, 1);
  ExpectOnlyThisFailed("3");
  EXPECT_THAT(place_.Column("SELECT DISTINCT failure_class FROM failures WHERE state = 'failed'"),
              ElementsAre("out_of_memory"));
}

TEST_F(Faults, AFullDiskStopsTheRunAndBlamesNobody) {
  const Outcome full = Run("full:seed=2:step=30:times=1");
  EXPECT_EQ(full.code, 6) << full.out << full.err;
  EXPECT_THAT(full.err, HasSubstr("no space left"));
  EXPECT_EQ(place_.States(), (States{{"pending", 8}}));
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM failures"), 0);
  EXPECT_EQ(Run("").code, 0);
  EXPECT_EQ(place_.States(), (States{{"succeeded", 8}}));
}

TEST_F(Faults, NanIsTriedAgainWhereThePolicySaysSo) {
  Launching("on_failure { failure_class: \"nan\" retries: 2 alone: true back_off_seconds: 0.05 }");
  const Outcome run = Run("nan:seed=5:step=31:times=2");
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_EQ(place_.States(), (States{{"succeeded", 8}}));
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM launches"), 3);
  EXPECT_THAT(run.out, HasSubstr("it is tried again"));
}

TEST_F(Faults, EverythingStopsAfterSoManyFailuresInARow) {
  Launching("max_array_trials: 1 on_failure { failure_class: \"nan\" stop_after: 3 }");
  const Outcome run = Run("nan:step=31");
  EXPECT_EQ(run.code, 1) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("3 trials in a row"));
  EXPECT_EQ(place_.States(), (States{{"failed", 3}, {"pending", 5}}));
}

TEST_F(Faults, ATrialThatTakesTooLongFailsAlone) {
  Launching("max_array_trials: 1 trial_seconds: 0.5");
  const Outcome run = Run("busy:seed=7:step=50");
  EXPECT_EQ(run.code, 1) << run.out << run.err;
  ExpectOnlyThisFailed("7");
  EXPECT_THAT(place_.Column("SELECT failure_class FROM failures"), ElementsAre("time_limit"));
  EXPECT_THAT(place_.Column("SELECT message FROM failures"), ElementsAre("longer than 0.5 s in training"));
}

TEST_F(Faults, ARunThatTakesTooLongStopsAndGoesOnNextTime) {
  Launching("experiment_seconds: 5");  // of some 6 at least; time for a step also beside compilers
  const Outcome run = place_.Run({"run", "eight_seeds.textproto", "--devices", "cpu:1"}, {{"ABLATE_FAKE_STEP_US", "100000"}});
  EXPECT_EQ(run.code, 5) << run.out << run.err;
  EXPECT_EQ(place_.States(), (States{{"pending", 8}}));
  EXPECT_GT(place_.Number("SELECT MIN(last_step) FROM attempts WHERE outcome = 'left'"), 0);
  Launching("max_array_trials: 8");
  EXPECT_EQ(Run("").code, 0);
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM attempts WHERE first_step > 1"), 8);
}

TEST_F(Faults, AHangEndsWithTheSecondInterrupt) {
  const auto run = place_.Start({"run", "eight_seeds.textproto"}, {{"ABLATE_FAKE_FAULTS", "hang:seed=4:step=30"}});
  // The other slot's trials are done, the hanging trial's array is at step 29.
  ASSERT_TRUE(
      place_.WaitUntil([&] { return place_.Number("SELECT MAX(last_step) FROM attempts WHERE outcome IS NULL") >= 20; }));
  run->Signal(SIGINT);
  usleep(300'000);
  EXPECT_TRUE(run->Running());
  run->Signal(SIGINT);
  const Outcome outcome = run->Wait();
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  EXPECT_TRUE(LiveWorkers().empty());
  EXPECT_EQ(place_.States()["running"], 0);
  EXPECT_EQ(Run("").code, 0);
}

}  // namespace
}  // namespace ablate::e2e
