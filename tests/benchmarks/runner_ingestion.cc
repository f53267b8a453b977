#include "tests/benchmarks/runner_ingestion.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "lib/store/documented.h"
#include "tests/benchmarks/runner_workplace.h"

namespace ablate::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kArray = 8, kWorkers = 2, kReaders = 8;
constexpr int kTimesAsked = 5;
constexpr int kPairs = 5;  // of a second with readers and one without
constexpr std::chrono::milliseconds kPollEvery{1000};
const Environment kFourMetrics = {{"ABLATE_FAKE_METRICS", "4"}};
const std::vector<std::string> kRun = {"run", "x.textproto", "--devices", "cpu:2"};

// Each event is one step of one trial, with four points.
constexpr char kCollectedEvents[] = "SELECT COALESCE(SUM(collected), 0) FROM launches";
constexpr double kPointsPerEvent = 4;

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double SecondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// What is as long as the points themselves is asked for one trial, or one arm, as a plot asks.
std::string QuestionTo(const std::string& view) {
  if (view == "metric_points") return "SELECT * FROM metric_points LIMIT 1000";
  if (view == "metric_curves") return "SELECT * FROM metric_curves WHERE metric = 'validation/accuracy'";
  return "SELECT * FROM " + view;
}

double SecondsToAnswer(const store::Reader& reader, const std::string& sql) {
  std::vector<double> seconds;
  for (int i = 0; i < kTimesAsked; ++i) {
    const auto begin = Clock::now();
    const auto table = reader.Query(sql);
    if (!table.ok()) GiveUp(table.status().ToString());
    seconds.push_back(SecondsSince(begin));
  }
  return Median(seconds);
}

double SecondsOfStatus(const Workplace& place) {
  std::vector<double> seconds;
  for (int i = 0; i < kTimesAsked; ++i) seconds.push_back(place.Run({"status"}).wall_s);
  return Median(seconds);
}

class PollingReaders {
 public:
  explicit PollingReaders(const Workplace& place) {
    for (int i = 0; i < kReaders; ++i) threads_.emplace_back([this, &place, i] { Poll(place, i); });
  }
  ~PollingReaders() {
    ending_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

  std::atomic<bool> polling = false;
  std::atomic<uint64_t> polls = 0, refused = 0;

 private:
  void Poll(const Workplace& place, int number) {
    const auto reader = place.OpenDatabase();
    std::this_thread::sleep_for(kPollEvery * number / kReaders);
    for (; !ending_; std::this_thread::sleep_for(polling ? kPollEvery : kPollEvery / 10)) {
      if (!polling) continue;
      ++polls;
      refused += !reader->Query("SELECT state, COUNT(*) FROM trial_overview GROUP BY 1").ok();
      refused += !reader->Query("SELECT * FROM leaderboard").ok();
    }
  }

  std::atomic<bool> ending_ = false;
  std::vector<std::thread> threads_;
};

// Points committed per second during a second.
double RateNow(const store::Reader& reader) {
  const int64_t before = Number(reader, kCollectedEvents);
  const auto begin = Clock::now();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const auto events = static_cast<double>(Number(reader, kCollectedEvents) - before);
  return kPointsPerEvent * events / SecondsSince(begin);
}

void WaitForPoints(const Workplace& place) {
  for (int tries = 0; tries < 10'000; ++tries) {
    usleep(1000);
    const auto reader = store::Reader::Open(place.Path("results.db"));
    const auto events = reader.ok() ? (*reader)->Query(kCollectedEvents) : reader.status();
    if (events.ok() && std::get<int64_t>(events->rows[0][0]) > 1000) return;
  }
  GiveUp("no points come in");
}

void CompareWithAndWithout(const Workplace& place, const store::Reader& reader, Readers* readers) {
  PollingReaders polling(place);
  std::vector<double> with, without;
  for (int i = 0; i < kPairs; ++i) {
    polling.polling = false;
    without.push_back(RateNow(reader));
    polling.polling = true;
    with.push_back(RateNow(reader));
  }
  readers->polls = polling.polls;
  readers->refused = polling.refused;
  readers->points_per_second = Median(without);
  readers->slow_down = 1 - Median(with) / Median(without);
}

}  // namespace

double PointRate(uint64_t steps) {
  const Workplace place(Experiment(kArray * kWorkers, steps, kArray));
  const Taken taken = place.Run(kRun, kFourMetrics);
  const auto reader = place.OpenDatabase();
  const auto points = static_cast<double>(Number(*reader, "SELECT COUNT(*) FROM raw_metric_points"));
  // Until the run's end, so that a backlog counts.
  const auto waited_us = static_cast<double>(Number(*reader, "SELECT MIN(begin_us) FROM launches") - taken.began_us);
  return points / (taken.wall_s - 1e-6 * waited_us);
}

Readers WhilePointsStreamIn(uint64_t steps) {
  const Workplace place(Experiment(kArray * kWorkers, steps, kArray));
  const pid_t run = place.Start(kRun, kFourMetrics);
  WaitForPoints(place);
  Readers readers;
  const auto reader = place.OpenDatabase();
  readers.answers.push_back({"ablate status", SecondsOfStatus(place)});
  for (const store::Documented& view : store::Views()) {
    readers.answers.push_back({"view " + view.name, SecondsToAnswer(*reader, QuestionTo(view.name))});
  }
  CompareWithAndWithout(place, *reader, &readers);
  if (waitpid(run, nullptr, WNOHANG) != 0) GiveUp("the sweep ended before it was measured; give it more steps");
  kill(run, SIGINT);
  kill(run, SIGINT);
  waitpid(run, nullptr, 0);
  return readers;
}

}  // namespace ablate::benchmarks
