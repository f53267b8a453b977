// What the runner costs: no-op trials, points, memory, answers. `bazel-bin/tests/benchmarks/runner` prints a table of ratios
// and exits with 1 where a target is missed. The worker is lib/testing:fake_worker, which needs no torch. README.md has
// figures.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/benchmarks/result_table.h"
#include "tests/benchmarks/runner_arrays.h"
#include "tests/benchmarks/runner_floor.h"
#include "tests/benchmarks/runner_ingestion.h"
#include "tests/benchmarks/runner_training.h"
#include "tests/benchmarks/runner_workplace.h"

namespace ablate::benchmarks {
namespace {

using Wanted = Figure::Wanted;

constexpr double kMegabyte = 1e6;
const std::vector<std::string> kRun = {"run", "x.textproto", "--devices", "cpu:2"};

// Best of three: other programs of the machine only ever slow it down.
Figure NoOpTrials() {
  constexpr uint64_t kTrials = 2000;
  const Workplace place(Experiment(kTrials, 1, 1));
  double best = 0;
  for (int i = 0; i < 3; ++i) {
    place.RemoveDatabase();
    best = std::max(best, kTrials / place.Run(kRun).wall_s);
  }
  return {"no-op trials, a launch each, durable", "per s", best, Wanted::kAtLeast, 400, SpawnPipeAndInsertRate(500)};
}

// From the command, in a folder without a database.
Figure FirstTrialsStart() {
  const Workplace place(Experiment(1, 1, 1));
  std::vector<double> milliseconds;
  for (int i = 0; i < 15; ++i) {
    place.RemoveDatabase();
    const Taken taken = place.Run(kRun);
    const int64_t began_us = Number(*place.OpenDatabase(), "SELECT MIN(begin_us) FROM launches");
    milliseconds.push_back(1e-3 * static_cast<double>(began_us - taken.began_us));
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  return {"command to the first no-op trial's start, median",
          "ms",
          milliseconds[milliseconds.size() / 2],
          Wanted::kAtMost,
          20,
          1e3 * SecondsToFirstLine(15)};
}

Figure Memory() {
  const Workplace place(Experiment(10'000, 1, 8));
  return {"runner's memory, 10,000 trials", "MB", place.Run(kRun).peak_bytes / kMegabyte, Wanted::kAtMost, 20, 0};
}

// Slots' time that no trial had, of trials that take half a second, held against trials of 30 seconds.
Figure Overhead() {
  constexpr double kTrialSeconds = 0.5, kTrials = 8, kSlots = 2;
  const Workplace place(Experiment(kTrials, 50, 1));
  const Taken taken = place.Run(kRun, {{"ABLATE_FAKE_STEP_US", "10000"}});
  const double lost = (taken.wall_s * kSlots - kTrialSeconds * kTrials) / kTrials + taken.cpu_s / kTrials;
  return {"overhead, share of a trial of 30 s", "%", 100 * lost / 30, Wanted::kAtMost, 1, 0};
}

void AppendIngestion(std::vector<Figure>* figures) {
  const double bare = BareInsertRate(2'000'000);
  double best = 0;
  for (int i = 0; i < 3; ++i) best = std::max(best, PointRate(20'000));
  figures->push_back({"metric points, a worker's call to a committed row", "per s", best, Wanted::kAtLeast, 300'000, bare});
  const Readers readers = WhilePointsStreamIn(100'000);
  for (const Answer& answer : readers.answers) {
    figures->push_back({answer.question + ", while points stream in", "ms", 1e3 * answer.seconds, Wanted::kAtMost, 100, 0});
  }
  figures->push_back({"points meanwhile", "per s", readers.points_per_second, Wanted::kAtLeast, 300'000, bare});
  // Half a refusal is none.
  figures->push_back({fmt::format("refused, of {} polls of 8 readers", readers.polls), "", static_cast<double>(readers.refused),
                      Wanted::kAtMost, 0.5, 0});
  figures->push_back({"slow-down by 8 readers", "%", std::max(0.01, 100 * readers.slow_down), Wanted::kAtMost, 5, 0});
}

void AppendTraining(std::vector<Figure>* figures) {
  if (!TrainingWorkerIsBuilt()) {
    fmt::print("Training is left out: bazel build //:ablate-worker\n");
    return;
  }
  figures->push_back(
      {"command to the first real training step, median", "s", SecondsToFirstTrainingStep(), Wanted::kAtMost, 1.5, 0});
  figures->push_back({"two workers on two cores against one", "times", SpeedOfTwoWorkers(), Wanted::kAtLeast, 1.8, 0});
  figures->push_back(
      {"8 small trials as 2 arrays against one by one, batch 8", "times", SpeedOfArrays(8), Wanted::kAtLeast, 1.5, 0});
  figures->push_back(
      {"8 small trials as 2 arrays against one by one, batch 32", "times", SpeedOfArrays(32), Wanted::kAtLeast, 1, 0});
}

int Main() {
  std::vector<Figure> figures = {FirstTrialsStart(), NoOpTrials(), Memory(), Overhead()};
  AppendIngestion(&figures);
  AppendTraining(&figures);
  fmt::print("{}", TableOf(figures));
  return ExitCodeOf(figures);
}

}  // namespace
}  // namespace ablate::benchmarks

int main() { return ablate::benchmarks::Main(); }
