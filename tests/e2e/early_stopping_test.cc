// Early stopping: the same arms are given up with the same values however trials are packed and whatever is killed.
// $ABLATE_E2E_WORKER decides which worker this is shown for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "tests/e2e/workplace.h"

namespace ablate::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using States = std::map<std::string, int64_t>;

const std::vector<std::string> kRun = {"run", "eight.textproto", "--devices", "cpu:2"};
constexpr char kHalving[] = "early_stopping { rule: SUCCESSIVE_HALVING rung: [0.3, 0.6] }";

// Four arms of two seeds; 60 steps, evaluated after 20, 40 and 60: two arms go on from step 20, one from step 40.
void CopyWith(Workplace& place, const std::string& launching) {
  place.Copy("eight.textproto", {{"seeds {", "launching { " + launching + " }\nseeds {"}});
}

std::vector<std::string> Decisions(Workplace& place) {
  return place.Column("SELECT arm || ' ' || rung || ' ' || value || ' ' || seeds || ' ' || kept FROM rungs ORDER BY rung, arm");
}

// The points that each trial has are those of the trial trained to its end.
void ExpectPointsOf(Workplace& place, const Points& whole) {
  for (const auto& [key, value] : place.MetricPoints()) EXPECT_EQ(whole.at(key), value);
}

TEST(EarlyStopping, GivesUpTheSameArmsHoweverTheyRun) {
  Workplace quiet("Undisturbed");
  quiet.Copy("eight.textproto");
  ASSERT_EQ(quiet.Run(kRun).code, 0);
  const Points whole = quiet.MetricPoints();

  Workplace place;
  CopyWith(place, kHalving);
  const Outcome run = place.Run(kRun);
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("rung 1: 2 of 4 arms go on"));
  EXPECT_EQ(place.States(), (States{{"succeeded", 2}, {"stopped", 6}}));
  const std::vector<std::string> decisions = Decisions(place);
  EXPECT_THAT(decisions, SizeIs(6));
  EXPECT_EQ(place.Number("SELECT COUNT(*) FROM rungs WHERE kept = 1"), 3);
  EXPECT_THAT(place.Column("SELECT t.last FROM (SELECT MAX(last_step) AS last FROM attempts GROUP BY trial) t ORDER BY 1"),
              ::testing::ElementsAre("20", "20", "20", "20", "40", "40", "60", "60"));
  ExpectPointsOf(place, whole);

  Workplace alone("Alone");
  CopyWith(alone, std::string("max_array_trials: 1 ") + kHalving);
  EXPECT_EQ(alone.Run({"run", "eight.textproto", "--devices", "cpu:1"}).code, 0);
  EXPECT_EQ(Decisions(alone), decisions);

  // Run again: nothing happens. Asked for, they go to their end, without a race.
  EXPECT_EQ(place.Run(kRun).code, 0);
  EXPECT_EQ(place.States(), (States{{"succeeded", 2}, {"stopped", 6}}));
  EXPECT_EQ(place.Run({"retry", "eight"}).code, 0);
  EXPECT_EQ(place.Run(kRun).code, 0);
  EXPECT_EQ(place.States(), (States{{"succeeded", 8}}));
  EXPECT_EQ(place.MetricPoints(), whole);
  EXPECT_EQ(Decisions(place), decisions);
}

TEST(EarlyStopping, DecidesTheSameAfterKills) {
  Workplace quiet("Undisturbed");
  CopyWith(quiet, std::string("max_array_trials: 3 ") + kHalving);
  ASSERT_EQ(quiet.Run(kRun).code, 0);

  Workplace place;
  CopyWith(place, std::string("max_array_trials: 3 ") + kHalving);
  for (const char* until : {"SELECT COUNT(*) >= 3 FROM checkpoints", "SELECT COUNT(*) >= 4 FROM rungs"}) {
    const auto run = place.Start(kRun, {{"ABLATE_FAKE_STEP_US", "5000"}});
    ASSERT_TRUE(place.WaitUntil([&] { return place.Number(until) == 1 || !run->Running(); }));
    run->Signal(SIGKILL);
    run->Wait();
    EXPECT_TRUE(place.WaitUntil([&] { return LiveWorkers().empty(); }));
  }
  EXPECT_EQ(place.Run(kRun).code, 0);
  EXPECT_EQ(Decisions(place), Decisions(quiet));
  EXPECT_EQ(place.States(), quiet.States());
  EXPECT_EQ(place.MetricPoints(), quiet.MetricPoints());
}

TEST(EarlyStopping, NewArmsAreHeldAgainstThoseThatWereCompared) {
  Workplace place;
  CopyWith(place, "early_stopping { rule: MEDIAN rung: 0.3 }");
  EXPECT_EQ(place.Run(kRun).code, 0);
  const int64_t decided = place.Number("SELECT COUNT(*) FROM rungs");
  EXPECT_EQ(decided, 4);
  place.Copy("eight.textproto", {{"seeds {", "launching { early_stopping { rule: MEDIAN rung: 0.3 } }\nseeds {"},
                                 {"[1.25, 1.5]", "[1.25, 1.5, 1.75]"}});
  const Outcome run = place.Run(kRun);
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_EQ(place.Number("SELECT COUNT(*) FROM rungs"), 5);
  EXPECT_EQ(place.States()["pending"], 0);
}

}  // namespace
}  // namespace ablate::e2e
