#include "runner/collector/collector.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/eventlog/writer.h"
#include "tests/lib/store/example.h"

namespace ablate::runner {
namespace {

using store::Check;
using store::Content;
using store::Events;
using store::Example;
using store::LaunchOf;
using store::NewDatabasePath;
using store::OpenWriter;
using store::Rows;
using store::TrialId;

// A database with one experiment, and the folders of some launches, of one trial each.
struct Workplace {
  Workplace(const std::string& name, const std::vector<std::string>& launches) : path(NewDatabasePath(name)) {
    store = OpenWriter(path);
    Check(store->RecordExperiment(Example("first", 1, launches.size())));
    for (size_t i = 0; i < launches.size(); ++i) {
      Check(MakeFolders(Folder(launches[i])));
      Check(store->RecordLaunch(LaunchOf(launches[i], {TrialId(i + 1)})));
    }
  }

  std::string Folder(const std::string& launch) const { return path + ".launches/" + launch; }
  std::string Log(const std::string& launch) const { return Folder(launch) + "/events.log"; }

  void Append(const std::string& launch, const std::vector<Event>& events) const {
    absl::StatusOr<std::unique_ptr<eventlog::Writer>> log = eventlog::Writer::Open(Log(launch));
    Check(log.status());
    for (const Event& event : events) Check((*log)->Append(event));
  }

  std::string path;
  std::unique_ptr<store::Writer> store;
};

Events Training(int trial, int steps) {
  Events events;
  events.Begin(TrialId(trial), 1, 1);
  for (int step = 1; step <= steps; ++step) {
    events.Point(TrialId(trial), step, 1.0 / step).Statistic(TrialId(trial), step, 0, 0, "density", 0.5);
  }
  return events.End(TrialId(trial), steps, AttemptEnd::SUCCEEDED).EndLaunch(1.5);
}

TEST(Collector, FollowsALogToItsEnd) {
  Workplace work("follows", {"one"});
  Collector collector(*work.store);
  collector.Watch("one", work.Folder("one"));
  EXPECT_EQ(*collector.Collect(), 0u) << "the log need not be there yet";
  const Events events = Training(1, 3);
  work.Append("one", events.Part(1, 4));
  EXPECT_EQ(*collector.Collect(), 4u);
  EXPECT_FALSE(collector.Finished("one").has_value());
  EXPECT_EQ(Rows(work.path, "SELECT state, step FROM trial_overview"), "running|2\n");
  work.Append("one", events.Part(5, events.all().size()));
  EXPECT_EQ(*collector.Collect("one"), 5u);
  ASSERT_TRUE(collector.Finished("one").has_value());
  EXPECT_EQ(collector.Finished("one")->seconds(), 1.5);
  EXPECT_EQ(Rows(work.path, "SELECT state, step, value FROM trial_overview"), "succeeded|3|0.3333333333333333\n");
  EXPECT_TRUE(collector.LogStatus("one").ok());
  collector.Unwatch("one");
  EXPECT_TRUE(absl::IsNotFound(collector.Collect("one").status()));
}

TEST(Collector, AnotherRunnerReadsFromTheBeginningAndChangesNothing) {
  Workplace work("restart", {"one"});
  const Events events = Training(1, 50);
  work.Append("one", events.Part(1, 60));
  {
    Collector collector(*work.store);
    collector.Watch("one", work.Folder("one"));
    Check(collector.Collect().status());
  }
  const std::string content = Content(work.path);
  work.store.reset();
  work.store = OpenWriter(work.path);
  Collector collector(*work.store);
  collector.Watch("one", work.Folder("one"));
  EXPECT_EQ(*collector.Collect(), 60u);
  EXPECT_EQ(Content(work.path), content);
  EXPECT_EQ(*collector.Collect(), 0u);
}

TEST(Collector, TheListenerHearsEachEventOnceAfterItWasStored) {
  Workplace work("listener", {"one"});
  Collector collector(*work.store);
  uint64_t last = 0;
  collector.set_listener([&](const std::string&, const std::vector<Event>& events) {
    for (const Event& event : events) EXPECT_EQ(event.sequence(), ++last);
    EXPECT_EQ(Rows(work.path, "SELECT collected FROM launches"), fmt::format("{}\n", last));
  });
  collector.Watch("one", work.Folder("one"));
  const Events events = Training(1, 20);
  work.Append("one", events.Part(1, 9));
  Check(collector.Collect().status());
  work.Append("one", events.Part(10, events.all().size()));
  Check(collector.Collect().status());
  EXPECT_EQ(last, events.all().size());
}

TEST(Collector, InterleavingsOfLogsGiveTheSameContent) {
  const std::vector<std::string> launches = {"a", "b", "c"};
  std::string expected;
  for (int round = 0; round < 5; ++round) {
    Workplace work("interleaved", launches);
    Collector collector(*work.store);
    for (const std::string& launch : launches) collector.Watch(launch, work.Folder(launch));
    std::vector<Events> logs;
    std::vector<size_t> written(3, 0);
    for (int i = 0; i < 3; ++i) logs.push_back(Training(i + 1, 10 + i));
    std::mt19937 random(round);
    for (int left = 3; left > 0;) {
      const size_t i = random() % 3;
      if (written[i] == logs[i].all().size()) continue;
      const size_t last = std::min(logs[i].all().size(), written[i] + 1 + random() % 8);
      work.Append(launches[i], logs[i].Part(written[i] + 1, last));
      written[i] = last;
      left -= last == logs[i].all().size();
      if (random() % 2 == 0) Check(random() % 2 == 0 ? collector.Collect().status() : collector.Collect(launches[i]).status());
    }
    Check(collector.Collect().status());
    for (const std::string& launch : launches) EXPECT_TRUE(collector.Finished(launch).has_value());
    if (round == 0) expected = Content(work.path);
    EXPECT_EQ(Content(work.path), expected) << round;
  }
}

TEST(Collector, OfADamagedLogWhatWasBeforeIsStoredAndTheErrorTold) {
  Workplace work("damaged", {"one", "two"});
  work.Append("one", Training(1, 5).all());
  work.Append("two", Training(2, 5).all());
  std::string bytes = *ReadFile(work.Log("one"));
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(WriteFileAtomically(work.Log("one"), bytes).ok());
  for (int round = 0; round < 2; ++round) {  // the second time as a new runner does
    Collector collector(*work.store);
    collector.Watch("one", work.Folder("one"));
    collector.Watch("two", work.Folder("two"));
    Check(collector.Collect().status());
    EXPECT_TRUE(absl::IsDataLoss(collector.LogStatus("one"))) << collector.LogStatus("one");
    EXPECT_FALSE(collector.Finished("one").has_value());
    EXPECT_TRUE(collector.Finished("two").has_value()) << "one log's damage is not another's";
    EXPECT_EQ(*collector.Collect(), 0u);
  }
  EXPECT_NE(Rows(work.path, "SELECT step FROM metric_points WHERE trial_id = :id", {{"id", TrialId(1)}}), "");
  const std::string messages = Rows(work.path, "SELECT launch, severity, text FROM log_messages");
  EXPECT_EQ(messages.substr(0, 10), "one|ERROR|");
  EXPECT_NE(messages.find(work.Log("one") + ": the record at byte"), std::string::npos);
  EXPECT_EQ(std::count(messages.begin(), messages.end(), '\n'), 1);
  Check(work.store->EndLaunch("one", "broken log", "pending", "internal", "its log is damaged"));
  EXPECT_EQ(Rows(work.path, "SELECT state FROM trial_overview ORDER BY trial_id"), "pending\nsucceeded\n");
}

TEST(Collector, OfASenselessLogToo) {
  Workplace work("senseless", {"one"});
  work.Append("one", Events().Begin(TrialId(1), 1, 1).Point(TrialId(1), 1, 0.5).Point("nobody", 2, 0.5).all());
  Collector collector(*work.store);
  std::vector<uint64_t> heard;
  collector.set_listener([&](const std::string& launch, const std::vector<Event>& events) {
    EXPECT_EQ(launch, "one");
    for (const Event& event : events) heard.push_back(event.sequence());
  });
  collector.Watch("one", work.Folder("one"));
  EXPECT_EQ(*collector.Collect(), 2u);
  EXPECT_EQ(heard, (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(collector.LogStatus("one"), absl::DataLossError("launch one, event 3: trial 'nobody' is not one of the launch"));
  EXPECT_EQ(Rows(work.path, "SELECT step, value FROM metric_points"), "1|0.5\n");
}

TEST(Collector, ATornTailIsWaitedFor) {
  Workplace work("torn", {"one"});
  work.Append("one", Training(1, 2).all());
  const std::string bytes = *ReadFile(work.Log("one"));
  ASSERT_EQ(truncate(work.Log("one").c_str(), bytes.size() - 3), 0);
  Collector collector(*work.store);
  collector.Watch("one", work.Folder("one"));
  Check(collector.Collect().status());
  EXPECT_TRUE(collector.LogStatus("one").ok());
  EXPECT_FALSE(collector.Finished("one").has_value());
  ASSERT_TRUE(WriteFileAtomically(work.Log("one"), bytes).ok());
  collector.Watch("one", work.Folder("one"));
  Check(collector.Collect().status());
  EXPECT_TRUE(collector.Finished("one").has_value());
}

// A worker appends in a process of its own, a runner collects in another; both are killed; a second runner collects the rest.
TEST(Collector, SigkillOfWorkerAndRunnerLosesNothing) {
  Workplace work("killed", {"one"});
  work.store.reset();
  const pid_t worker = fork();
  if (worker == 0) {
    absl::StatusOr<std::unique_ptr<eventlog::Writer>> log = eventlog::Writer::Open(work.Log("one"));
    Check(log.status());
    Check((*log)->Append(Events().Begin(TrialId(1), 1, 1).all()[0]));
    for (int step = 1;; ++step) Check((*log)->Append(Events().Point(TrialId(1), step, 1.0 / step).all()[0]));
  }
  for (int round = 0; round < 4; ++round) {
    const pid_t runner = fork();
    if (runner == 0) {
      const std::unique_ptr<store::Writer> store = OpenWriter(work.path);
      Collector collector(*store);
      collector.Watch("one", work.Folder("one"));
      while (true) Check(collector.Collect().status());
    }
    usleep(30'000 + 7'000 * round);
    kill(runner, SIGKILL);
    waitpid(runner, nullptr, 0);
  }
  kill(worker, SIGKILL);
  waitpid(worker, nullptr, 0);
  work.store = OpenWriter(work.path);
  Collector collector(*work.store);
  collector.Watch("one", work.Folder("one"));
  const uint64_t events = *collector.Collect();
  EXPECT_TRUE(collector.LogStatus("one").ok());
  EXPECT_GT(events, 100u);
  EXPECT_EQ(Rows(work.path, "SELECT COUNT(*), MIN(step), MAX(step), SUM(value != 1.0 / step) FROM metric_points"),
            fmt::format("{}|1|{}|0\n", events - 1, events - 1));
}

}  // namespace
}  // namespace ablate::runner
