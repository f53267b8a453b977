// What a database of many points costs: `scale [MILLIONS]`, 100 without an argument, which takes 7 GB below $TMPDIR and some ten
// minutes. Prints a table of ratios, and exits with 1 where a target is missed. README.md has figures.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "lib/store/reader.h"
#include "tests/benchmarks/result_table.h"
#include "tests/benchmarks/runner_workplace.h"

namespace ablate::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;
using Wanted = Figure::Wanted;

constexpr uint64_t kTrials = 1000, kArray = 8, kMetrics = 4;
constexpr char kCollectedEvents[] = "SELECT COALESCE(SUM(collected), 0) FROM launches";

// Points in the database at a time, about: each event is one step of one trial.
struct Sample {
  double seconds = 0, points = 0;
};

std::vector<Sample> WatchUntilItEnds(const Workplace& place, pid_t run) {
  std::vector<Sample> samples;
  const auto begin = Clock::now();
  int status = 0;
  while (waitpid(run, &status, WNOHANG) == 0) {
    sleep(1);
    const auto reader = store::Reader::Open(place.Path("results.db"));
    const auto events = reader.ok() ? (*reader)->Query(kCollectedEvents) : reader.status();
    if (!events.ok()) continue;  // it is being made
    samples.push_back({std::chrono::duration<double>(Clock::now() - begin).count(),
                       static_cast<double>(kMetrics) * static_cast<double>(std::get<int64_t>(events->rows[0][0]))});
  }
  if (status != 0) GiveUp("the run failed");
  if (samples.size() < 10) GiveUp("too few points to see a rate: give it more millions");
  return samples;
}

// Points per second from one sample to another.
double Rate(const Sample& from, const Sample& to) { return (to.points - from.points) / (to.seconds - from.seconds); }

double SecondsOf(const Workplace& place, const std::vector<std::string>& arguments) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) best = std::min(best, place.Run(arguments).wall_s);
  return best;
}

std::vector<Figure> Measure(uint64_t points) {
  const Workplace place(Experiment(kTrials, points / (kTrials * kMetrics), kArray));
  const std::vector<Sample> samples = WatchUntilItEnds(
      place, place.Start({"run", "x.textproto", "--devices", "cpu:2"}, {{"ABLATE_FAKE_METRICS", fmt::format("{}", kMetrics)}}));
  const size_t tenth = samples.size() / 10;
  const double first = Rate(samples[0], samples[tenth]), last = Rate(samples[samples.size() - 1 - tenth], samples.back());
  const auto stored = static_cast<double>(Number(*place.OpenDatabase(), "SELECT COUNT(*) FROM raw_metric_points"));
  const double bytes = static_cast<double>(FileSize(place.Path("results.db")).value_or(0));
  return {
      {"points in the database", "million", stored / 1e6, Wanted::kAtLeast, static_cast<double>(points) / 1e6, 0},
      {"its size, a point", "bytes", bytes / stored, Wanted::kAtMost, 25, 0},
      {"points, the last tenth of the time", "per s", last, Wanted::kAtLeast, .8 * first, first},
      {"ablate leaderboard", "ms", 1e3 * SecondsOf(place, {"leaderboard", "x"}), Wanted::kAtMost, 1000, 0},
      {"ablate status", "ms", 1e3 * SecondsOf(place, {"status"}), Wanted::kAtMost, 100, 0},
      {"curve of one trial", "ms",
       1e3 * SecondsOf(place, {"query", "SELECT COUNT(*), SUM(value) FROM metric_points WHERE metric = 'train/loss' AND trial_id = "
                                        "(SELECT MIN(trial_id) FROM trials)"}),
       Wanted::kAtMost, 1000, 0},
  };
}

int Main(int argc, char** argv) {
  const double millions = argc > 1 ? std::atof(argv[1]) : 100;
  if (millions < 1) GiveUp("scale [MILLIONS]: at least 1");
  const std::vector<Figure> figures = Measure(static_cast<uint64_t>(1e6 * millions));
  fmt::print("{}", TableOf(figures));
  return ExitCodeOf(figures);
}

}  // namespace
}  // namespace ablate::benchmarks

int main(int argc, char** argv) { return ablate::benchmarks::Main(argc, argv); }
