#include "tests/benchmarks/runner_training.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/eventlog/reader.h"
#include "tests/benchmarks/runner_workplace.h"

namespace ablate::benchmarks {
namespace {

namespace fs = std::filesystem;

Environment WithTrainingWorker() { return {{"ABLATE_WORKER", TrainingWorkerProgram()}}; }

// When the only launch of the database told of its first step. Unit: microseconds since 1970.
int64_t FirstStepUs(const Workplace& place) {
  for (const auto& entry : fs::directory_iterator(place.Path("results.db.launches"))) {
    eventlog::Reader log(entry.path() / "events.log");
    const auto events = log.Read();
    for (size_t i = 0; events.ok() && i < events->size(); ++i) {
      if ((*events)[i].has_metric_points()) return (*events)[i].time_us();
    }
  }
  GiveUp("no step was taken");
}

}  // namespace

bool TrainingWorkerIsBuilt() { return fs::exists(TrainingWorkerProgram()); }

double SecondsToFirstTrainingStep() {
  const Workplace place(Experiment(1, 5, 1));
  std::vector<double> seconds;
  for (int i = 0; i < 5; ++i) {
    place.RemoveDatabase();
    const Taken taken = place.Run({"run", "x.textproto", "--devices", "cpu:1"}, WithTrainingWorker());
    seconds.push_back(1e-6 * static_cast<double>(FirstStepUs(place) - taken.began_us));
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

double SpeedOfTwoWorkers() {
  const Workplace place(Experiment(8, 2000, 4));
  const Taken one = place.Run({"run", "x.textproto", "--devices", "cpu:1"}, WithTrainingWorker());
  place.RemoveDatabase();
  const Taken two = place.Run({"run", "x.textproto", "--devices", "cpu:2"}, WithTrainingWorker());
  return one.wall_s / two.wall_s;
}

}  // namespace ablate::benchmarks
