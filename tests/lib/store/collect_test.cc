#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <random>

#include "fmt/format.h"
#include "lib/base/text.h"
#include "lib/store/writer.h"
#include "tests/lib/store/example.h"

namespace ablate::store {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

std::unique_ptr<Writer> WriterWith(const std::string& path, int trials, const std::vector<std::string>& launches) {
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, trials)));
  std::vector<std::string> ids;
  for (int i = 1; i <= trials; ++i) ids.push_back(TrialId(i));
  for (const std::string& launch : launches) Check(writer->RecordLaunch(LaunchOf(launch, ids)));
  return writer;
}

Events SomeEvents() {
  Events events;
  events.Begin(TrialId(1), 1, 1).Begin(TrialId(2), 1, 1);
  for (int step = 1; step <= 5; ++step) {
    for (int trial = 1; trial <= 2; ++trial) {
      events.Point(TrialId(trial), step, 0.1 * step * trial).Point(TrialId(trial), step, 1.0 / step, "train/loss");
      events.Statistic(TrialId(trial), step, 0, trial, "density", 0.5).Degrees(TrialId(trial), step, "out", {1, 4});
    }
  }
  events.End(TrialId(1), 5, AttemptEnd::SUCCEEDED).End(TrialId(2), 5, AttemptEnd::FAILED, "nan", "loss is NaN");
  return events.EndLaunch(2.5);
}

TEST(Collect, TwiceChangesNothing) {
  const std::string path = NewDatabasePath("twice");
  std::unique_ptr<Writer> writer = WriterWith(path, 2, {"one"});
  const Events events = SomeEvents();
  Check(writer->Collect("one", events.all()));
  const std::string content = Content(path);
  Check(writer->Collect("one", events.all()));
  Check(writer->Collect("one", events.Part(1, 3)));
  EXPECT_EQ(Content(path), content);
  writer.reset();
  writer = OpenWriter(path);  // a new runner reads the log from its beginning
  Check(writer->Collect("one", events.all()));
  EXPECT_EQ(Content(path), content);
}

TEST(Collect, AnyCutIntoCallsGivesTheSameContent) {
  const Events events = SomeEvents();
  const std::string whole = NewDatabasePath("whole");
  Check(WriterWith(whole, 2, {"one"})->Collect("one", events.all()));
  const std::string expected = Content(whole);
  std::mt19937 random(7);
  for (int round = 0; round < 5; ++round) {
    const std::string path = NewDatabasePath("cut");
    std::unique_ptr<Writer> writer = WriterWith(path, 2, {"one"});
    for (size_t last = 0; last < events.all().size();) {
      const size_t first = 1 + random() % (last + 1);  // overlaps with what was collected
      last = std::min(events.all().size(), last + 1 + random() % 9);
      Check(writer->Collect("one", events.Part(first, last)));
      if (random() % 4 == 0) {
        writer.reset();
        writer = OpenWriter(path);
      }
    }
    EXPECT_EQ(Content(path), expected);
  }
}

TEST(Collect, NanIsNullAndInfinitiesStayThemselves) {
  const std::string path = NewDatabasePath("nan");
  std::unique_ptr<Writer> writer = WriterWith(path, 1, {"one"});
  Check(writer->Collect("one", Events()
                                   .Begin(TrialId(1), 1, 1)
                                   .Point(TrialId(1), 1, 0.5)
                                   .Point(TrialId(1), 2, kInf)
                                   .Point(TrialId(1), 3, -kInf)
                                   .Point(TrialId(1), 4, std::nan(""))
                                   .Point(TrialId(1), 5, 5e-324)
                                   .Point(TrialId(1), 6, 0.1 + 0.2)
                                   .Point(TrialId(1), 7, std::nan(""))
                                   .all()));
  EXPECT_EQ(Rows(path, "SELECT step, value, value IS NULL, value = 9e999 FROM metric_points"),
            "1|0.5|0|0\n2|inf|0|1\n3|-inf|0|0\n4|NULL|1|NULL\n5|5e-324|0|0\n6|0.30000000000000004|0|0\n7|NULL|1|NULL\n");
  EXPECT_EQ(Rows(path, "SELECT last_step, last_value, best_step, best_value FROM trial_results"), "7|NULL|2|inf\n");
}

TEST(Collect, AfterAResumeNothingIsDoubledOrLost) {
  const std::string path = NewDatabasePath("resume");
  std::unique_ptr<Writer> writer = WriterWith(path, 1, {"one", "two"});
  Events one, two;
  one.Begin(TrialId(1), 1, 1);
  for (int step = 2; step <= 8; step += 2) one.Point(TrialId(1), step, 0.9).Statistic(TrialId(1), step, 0, 0, "density", 0.9);
  Check(writer->Collect("one", one.all()));
  EXPECT_EQ(Rows(path, "SELECT last_step, last_value, best_step, best_value FROM trial_results"), "8|0.9|2|0.9\n");
  // From the checkpoint of step 4: steps 5 and on are taken again.
  two.Begin(TrialId(1), 2, 5);
  Check(writer->Collect("two", two.all()));
  EXPECT_EQ(Rows(path, "SELECT last_step, last_value, best_step, best_value FROM trial_results"), "4|0.9|2|0.9\n");
  Check(writer->Collect("two", two.Point(TrialId(1), 6, 0.5).Statistic(TrialId(1), 6, 0, 0, "density", 0.5).all()));
  const char* const kPoints = "SELECT step, value FROM metric_points";
  EXPECT_EQ(Rows(path, kPoints), "2|0.9\n4|0.9\n6|0.5\n");
  EXPECT_EQ(Rows(path, "SELECT step, value FROM head_statistics"), "2|0.9\n4|0.9\n6|0.5\n");
  EXPECT_EQ(Rows(path, "SELECT step, density FROM head_density"), "6|0.5\n");
  // More of the old log, read late: void as well.
  Check(writer->Collect("one", one.Point(TrialId(1), 10, 1.0).Statistic(TrialId(1), 10, 0, 0, "density", 1).all()));
  EXPECT_EQ(Rows(path, kPoints), "2|0.9\n4|0.9\n6|0.5\n");
  EXPECT_EQ(Rows(path, "SELECT step, density FROM head_density"), "6|0.5\n");
  EXPECT_EQ(Rows(path, "SELECT last_step, last_value, best_step, best_value FROM trial_results"), "6|0.5|2|0.9\n");
}

// The rule in its plainest form, beside the writer's: for each step the newest attempt with first_step <= step.
class Model {
 public:
  void Begin(int attempt, uint64_t first_step) { first_steps_[attempt] = first_step; }
  void Point(int attempt, uint64_t step, double value) { points_[attempt][step] = value; }

  std::map<uint64_t, double> Points() const {
    std::map<uint64_t, double> resolved;
    for (const auto& [attempt, points] : points_) {
      for (const auto& [step, value] : points) {
        if (NewestFor(step) == attempt) resolved[step] = value;
      }
    }
    return resolved;
  }

 private:
  int NewestFor(uint64_t step) const {
    int newest = -1;
    for (const auto& [attempt, first_step] : first_steps_) {
      if (first_step <= step) newest = attempt;
    }
    return newest;
  }
  std::map<int, uint64_t> first_steps_;
  std::map<int, std::map<uint64_t, double>> points_;
};

struct Launched {
  Events events;
  size_t collected = 0;
};

std::string PointRows(const std::map<uint64_t, double>& points) {
  std::string rows;
  for (const auto& [step, value] : points) rows += fmt::format("{}|{}\n", step, ShortestNumber(value));
  return rows;
}

std::string ResultRow(const std::map<uint64_t, double>& points) {
  if (points.empty()) return "";
  auto best = points.begin();
  for (auto it = points.begin(); it != points.end(); ++it) {
    if (it->second > best->second) best = it;
  }
  return fmt::format("{}|{}|{}|{}\n", points.rbegin()->first, ShortestNumber(points.rbegin()->second), best->first,
                     ShortestNumber(best->second));
}

TEST(Collect, RandomAttemptsInterleavedAgreeWithTheRule) {
  for (int round = 0; round < 12; ++round) {
    std::mt19937 random(round);
    const std::string path = NewDatabasePath("interleaved");
    const std::vector<std::string> names = {"l0", "l1", "l2", "l3"};
    std::unique_ptr<Writer> writer = WriterWith(path, 1, names);
    Model model;
    std::vector<Launched> launches(names.size());
    for (size_t i = 0; i < names.size(); ++i) {
      const uint64_t first_step = i == 0 ? 1 : 1 + random() % 20;
      launches[i].events.Begin(TrialId(1), i + 1, first_step);
      model.Begin(i, first_step);
      for (uint64_t step = first_step; step < first_step + random() % 20; ++step) {
        const double value = (random() % 8) / 8.0;
        launches[i].events.Point(TrialId(1), step, value);
        model.Point(i, step, value);
      }
    }
    // The logs are collected in any order, as a runner does that takes over from a dead one.
    for (size_t left = names.size(); left > 0;) {
      const size_t i = random() % names.size();
      Launched& launch = launches[i];
      if (launch.collected == launch.events.all().size()) continue;
      launch.collected = std::min(launch.events.all().size(), launch.collected + 1 + random() % 6);
      Check(writer->Collect(names[i], launch.events.Part(1, launch.collected)));
      if (launch.collected == launch.events.all().size()) --left;
    }
    const std::map<uint64_t, double> points = model.Points();
    ASSERT_EQ(Rows(path, "SELECT step, value FROM metric_points ORDER BY step"), PointRows(points)) << round;
    ASSERT_EQ(Rows(path, "SELECT last_step, last_value, best_step, best_value FROM trial_results"), ResultRow(points)) << round;
  }
}

struct Senseless {
  std::string name;
  Events events;
  std::string message;
};

Event OddPoints() {
  Event event;
  event.mutable_metric_points()->set_trial(TrialId(1));
  event.mutable_metric_points()->set_step(2);
  event.mutable_metric_points()->add_metric("train/loss");
  return event;
}

Event OtherLaunch() {
  Event event;
  event.mutable_launch_begin()->set_launch("other");
  return event;
}

std::vector<Senseless> SenselessLogs() {
  Events begun;
  begun.Begin(TrialId(1), 1, 1).Point(TrialId(1), 1, 0.5);
  const auto with = [&](auto add) {
    Events events = begun;
    add(events);
    return events;
  };
  return {
      {"UnknownTrial", with([](Events& e) { e.Point("nobody", 2, 0); }), "event 3: trial 'nobody' is not one of the launch"},
      {"NotBegun", with([](Events& e) { e.Point(TrialId(2), 2, 0); }), "event 3: trial " + TrialId(2) + " has not begun"},
      {"BegunTwice", with([](Events& e) { e.Begin(TrialId(1), 2, 1); }),
       "event 3: trial " + TrialId(1) + " begins a second time"},
      {"NoValue", with([](Events& e) { e.Add(OddPoints()); }), "event 3: 1 metrics with 0 values"},
      {"NoName", with([](Events& e) { e.Point(TrialId(1), 2, 0, ""); }), "event 3: a name is empty"},
      {"HugeStep", with([](Events& e) { e.Point(TrialId(1), ~uint64_t{0}, 0); }),
       "event 3: step 18446744073709551615 is above 9223372036854775806"},
      {"NoOutcome", with([](Events& e) { e.End(TrialId(1), 2, AttemptEnd::OUTCOME_UNSPECIFIED); }),
       "event 3: the end of trial " + TrialId(1) + " has no outcome"},
      {"Direction", with([](Events& e) { e.Degrees(TrialId(1), 2, "up", {1}); }),
       "event 3: direction 'up' is neither 'in' nor 'out'"},
      {"OtherLaunch", with([](Events& e) { e.Add(OtherLaunch()); }), "event 3: the log is that of launch 'other'"},
  };
}

TEST(Collect, SenselessEventsAreToldAndWhatWasBeforeIsStored) {
  for (const Senseless& one : SenselessLogs()) {
    const std::string path = NewDatabasePath("senseless");
    std::unique_ptr<Writer> writer = WriterWith(path, 2, {"one"});
    const absl::Status status = writer->Collect("one", one.events.all());
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << one.name << status;
    EXPECT_EQ(status.message(), "launch one, " + one.message);
    EXPECT_EQ(Rows(path, "SELECT step, value FROM metric_points"), "1|0.5\n") << one.name;
    EXPECT_EQ(Rows(path, "SELECT collected FROM launches"), "2\n") << one.name;
  }
}

TEST(Collect, AGapInTheSequenceIsTold) {
  const std::string path = NewDatabasePath("gap");
  std::unique_ptr<Writer> writer = WriterWith(path, 2, {"one"});
  const Events events = SomeEvents();
  std::vector<Event> gap = events.Part(1, 4);
  gap.push_back(events.all()[6]);
  const absl::Status status = writer->Collect("one", gap);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(), "launch one, event 7: it follows event 4: what is between them is missing");
  Check(writer->Collect("one", events.all()));
}

TEST(Collect, MetricsOfStatusAndThroughputFollowAtOnce) {
  const std::string path = NewDatabasePath("progress");
  std::unique_ptr<Writer> writer = WriterWith(path, 1, {"one"});
  Events events;
  Check(writer->Collect("one", events.Begin(TrialId(1), 1, 1).Point(TrialId(1), 30, 2.5, "train/loss").all()));
  EXPECT_EQ(Rows(path, "SELECT state, step, value, attempts, failures FROM trial_overview"), "running|30|NULL|1|0\n");
}

}  // namespace
}  // namespace ablate::store
