// One database taken into another: nothing doubled, nothing lost, and no contradiction swallowed.
#include "lib/store/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "lib/base/digest.h"
#include "tests/lib/store/example.h"

namespace ablate::store {
namespace {

using ::testing::HasSubstr;

// A launch of one trial with points at steps first ... last, a checkpoint, a statistic and an end.
void RunTrial(Writer& writer, const std::string& launch, const std::string& trial, int first, int last, double offset,
              AttemptEnd::Outcome outcome) {
  Check(writer.RecordLaunch(LaunchOf(launch, {trial})));
  Events events;
  events.Begin(trial, 1, first);
  for (int step = first; step <= last; ++step) events.Point(trial, step, offset + step);
  events.Statistic(trial, last, 0, 0, "density", 0.5).Checkpoint(trial, last, "checkpoints/" + trial);
  events.End(trial, last, outcome).EndLaunch(1);
  Check(writer.Collect(launch, events.all()));
  Check(writer.EndLaunch(launch, "ended", "pending", "", ""));
}

// A database with an experiment of trials first ... first + trials - 1, those in `done` succeeded with these offsets.
std::string Database(const std::string& name, const std::string& experiment, int first, int trials,
                     const std::vector<std::pair<int, double>>& done) {
  const std::string path = NewDatabasePath(name);
  const auto writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example(experiment, first, trials)));
  for (const auto& [trial, offset] : done) {
    RunTrial(*writer, name + std::to_string(trial), TrialId(trial), 1, 3, offset, AttemptEnd::SUCCEEDED);
  }
  return path;
}

constexpr char kPoints[] = "SELECT substr(trial_id, 31), metric, step, value FROM metric_points ORDER BY 1, 2, 3";

absl::StatusOr<MergeReport> Merge(const std::string& into, const std::string& from) { return OpenWriter(into)->Merge(from); }

TEST(Merge, BringsExperimentsTrialsAndResults) {
  const std::string a = Database("a", "first", 1, 2, {{1, 0.0}}), b = Database("b", "second", 1, 4, {{3, 10.0}});
  const auto report = Merge(a, b);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->experiments, 1);
  EXPECT_EQ(report->trials, 2);
  EXPECT_EQ(report->same_trials, 2);
  EXPECT_EQ(report->launches, 1);
  EXPECT_EQ(report->points, 3);
  EXPECT_EQ(Rows(a, "SELECT experiment, substr(trial_id, 31), state, value FROM trial_overview ORDER BY 1, 2"),
            "first|01|succeeded|3\nfirst|02|pending|NULL\n"
            "second|01|succeeded|3\nsecond|02|pending|NULL\nsecond|03|succeeded|13\nsecond|04|pending|NULL\n");
  EXPECT_EQ(Rows(a, kPoints),
            "01|validation/accuracy|1|1\n01|validation/accuracy|2|2\n01|validation/accuracy|3|3\n"
            "03|validation/accuracy|1|11\n03|validation/accuracy|2|12\n03|validation/accuracy|3|13\n");
  EXPECT_EQ(Rows(a, "SELECT substr(trial_id, 31), density FROM head_density ORDER BY 1"), "01|0.5\n03|0.5\n");
  EXPECT_EQ(Rows(a, "SELECT COUNT(*) FROM checkpoints"), "2\n");
}

TEST(Merge, TwiceChangesNothing) {
  const std::string a = Database("a", "first", 1, 2, {{1, 0.0}}), b = Database("b", "second", 1, 4, {{3, 10.0}});
  const std::string b_before = Content(b);
  ASSERT_TRUE(Merge(a, b).ok());
  const std::string once = Content(a);
  const auto again = Merge(a, b);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->trials + again->launches + again->points, 0);
  EXPECT_EQ(Content(a), once);
  EXPECT_EQ(Content(b), b_before);
}

TEST(Merge, ASuccessCountsInAllExperiments) {
  const std::string a = Database("a", "same", 1, 2, {{1, 0.0}}), b = Database("b", "same", 1, 2, {{2, 0.0}});
  ASSERT_TRUE(Merge(a, b).ok());
  EXPECT_EQ(Rows(a, "SELECT state, COUNT(*) FROM trial_overview GROUP BY 1"), "succeeded|2\n");
  EXPECT_EQ(Rows(a, "SELECT n, mean FROM leaderboard"), "2|3\n");
}

TEST(Merge, EqualResultsOfOneTrialStayOnce) {
  const std::string a = Database("a", "same", 1, 1, {{1, 0.5}}), b = Database("b", "same", 1, 1, {{1, 0.5}});
  const std::string before = Content(a);
  const auto report = Merge(a, b);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->attempts, 0);
  EXPECT_EQ(Content(a), before);
}

TEST(Merge, OfAnUnfinishedTrialTheFartherAttemptCounts) {
  for (const bool theirs_farther : {false, true}) {
    const std::string a = Database("a", "same", 1, 1, {}), b = Database("b", "same", 1, 1, {});
    RunTrial(*OpenWriter(a), "a", TrialId(1), 1, theirs_farther ? 2 : 4, 0, AttemptEnd::LEFT);
    RunTrial(*OpenWriter(b), "b", TrialId(1), 1, 3, 100, AttemptEnd::LEFT);
    ASSERT_TRUE(Merge(a, b).ok());
    EXPECT_EQ(Rows(a, "SELECT MAX(step), MAX(value), COUNT(*) FROM metric_points"), theirs_farther ? "3|103|3\n" : "4|4|4\n");
    EXPECT_EQ(Rows(a, "SELECT GROUP_CONCAT(number) FROM attempts"), theirs_farther ? "1,2\n" : "1\n");
    EXPECT_EQ(OpenWriter(a)->Statuses("same")->front().attempts, theirs_farther ? 2u : 1u);
  }
}

TEST(Merge, ContradictionsAreRefusedAndChangeNothing) {
  const auto refused = [](const std::string& a, const std::string& b, const std::string& says) {
    const std::string before = Content(a);
    const auto report = Merge(a, b);
    EXPECT_TRUE(absl::IsFailedPrecondition(report.status())) << report.status();
    EXPECT_THAT(std::string(report.status().message()), HasSubstr(says));
    EXPECT_EQ(Content(a), before);
  };
  const std::string a = Database("a", "same", 1, 2, {{1, 0.0}});
  refused(a, Database("b", "other", 1, 2, {{1, 0.25}}),
          "trial " + TrialId(1) + ": validation/accuracy at step 1 is 1.0 in the first, 1.25 in the second");
  refused(a, Database("b", "other", 1, 2, {{1, std::nan("")}}), "is 1.0 in the first, NaN in the second");

  const std::string text = NewDatabasePath("text");
  ExperimentRecord experiment = Example("same", 1, 2);
  experiment.digest = "4567";
  Check(OpenWriter(text)->RecordExperiment(experiment));
  refused(a, text, "experiment same has another text in each: 0123 and 4567");

  const std::string settings = NewDatabasePath("settings");
  experiment = Example("other", 1, 2);
  experiment.trials[0].settings.emplace_back("training.steps", "7");
  Check(OpenWriter(settings)->RecordExperiment(experiment));
  refused(a, settings, "trial " + TrialId(1) + ": training.steps is NULL in the first, '7' in the second");

  const std::string open = Database("open", "other", 5, 1, {});
  Check(OpenWriter(open)->RecordLaunch(LaunchOf("goes_on", {TrialId(5)})));
  refused(a, open, "launch goes_on goes on");
}

TEST(Merge, RefusesWhatIsNoOtherDatabase) {
  const std::string a = Database("a", "same", 1, 1, {});
  EXPECT_TRUE(absl::IsInvalidArgument(Merge(a, a).status()));
  EXPECT_TRUE(absl::IsNotFound(Merge(a, a + ".none").status()));
}

TEST(Merge, TextsComeAlong) {
  const std::string a = Database("a", "first", 1, 1, {}), b = Database("b", "second", 2, 1, {});
  Check(OpenWriter(b)->KeepText("diff"));
  Check(OpenWriter(b)->KeepText("diff"));
  ASSERT_TRUE(Merge(a, b).ok());
  EXPECT_EQ(Rows(a, "SELECT digest, text FROM texts"), Sha256("diff") + "|diff\n");
}

// A table that a migration adds must be merged, or listed as left out.
TEST(Merge, KnowsEveryTable) {
  const std::string path = Database("tables", "first", 1, 1, {});
  std::vector<std::string> known = MergedTables();
  for (const std::string& name : UnmergedTables()) known.push_back(name);
  const auto tables = OpenReader(path)->Query("SELECT name FROM sqlite_master WHERE type = 'table'");
  ASSERT_TRUE(tables.ok()) << tables.status();
  for (const auto& row : tables->rows) {
    const std::string name = std::get<std::string>(row[0]);
    EXPECT_EQ(std::count(known.begin(), known.end(), name), 1) << name;
  }
}

}  // namespace
}  // namespace ablate::store
