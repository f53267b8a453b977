#include "tests/benchmarks/runner_arrays.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "lib/eventlog/reader.h"
#include "proto/launch.pb.h"
#include "tests/benchmarks/runner_workplace.h"

namespace ablate::benchmarks {
namespace {

namespace fs = std::filesystem;

std::string SmallTrials(int batch_size, int array) {
  return fmt::format(R"(name: "x"
base {{
  task {{ majority {{ symbols: 4 min_tokens: 31 max_tokens: 31 train_examples: 1024 validation_examples: 32 }} }}
  model {{ encoder {{ layers: 2 heads: 4 width: 64 }} }}
  training {{ steps: 200 batch_size: {} evaluations: 1 log_every_steps: 50 checkpoint_seconds: 3600 }}
}}
launching {{ max_array_trials: {} }}
seeds {{ count: 8 }}
)",
                     batch_size, array);
}

std::vector<fs::path> LaunchFolders(const Workplace& place) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(place.Path("results.db.launches"))) folders.push_back(entry.path());
  return folders;
}

double SecondsInTraining(const fs::path& folder) {
  eventlog::Reader log(folder / "events.log");
  const auto events = log.Read();
  if (!events.ok() || events->empty() || !events->back().has_launch_end()) GiveUp(folder.string() + ": no end in its log");
  return events->back().launch_end().seconds();
}

// The launch of `folder` again in a new folder beside it, on two threads.
fs::path OnTwoThreads(const fs::path& folder) {
  LaunchRequest request;
  if (!request.ParseFromString(ReadFile(folder / "launch.pb").value_or(""))) GiveUp(folder.string() + ": no launch.pb");
  request.set_threads(2);
  fs::path wide = folder;
  wide += ".wide";
  fs::create_directories(wide / "control");
  fs::create_directories(wide / "checkpoints");
  std::ofstream(wide / "launch.pb", std::ios::binary) << request.SerializeAsString();
  return wide;
}

Environment WithTrainingWorker() { return {{"ABLATE_WORKER", TrainingWorkerProgram()}}; }

// One worker for all, as `ablate run` would have it, whose threads wait awake: the faster way here.
double SecondsOneByOne(int batch_size) {
  const Workplace place(SmallTrials(batch_size, 1));
  place.Run({"run", "x.textproto", "--devices", "cpu:2"}, WithTrainingWorker());
  std::vector<fs::path> wide;
  for (const fs::path& folder : LaunchFolders(place)) wide.push_back(OnTwoThreads(folder));
  std::string folders;
  for (const fs::path& folder : wide) folders += folder.string() + "\n";
  std::ofstream(place.Path("folders")) << folders;
  const std::string command = fmt::format("OMP_NUM_THREADS=2 OMP_WAIT_POLICY=active '{}' --serve < '{}' > /dev/null",
                                          TrainingWorkerProgram(), place.Path("folders"));
  if (std::system(command.c_str()) != 0) GiveUp("failed: " + command);
  double seconds = 0;
  for (const fs::path& folder : wide) seconds += SecondsInTraining(folder);
  return seconds;
}

double SecondsAsArrays(int batch_size) {
  const Workplace place(SmallTrials(batch_size, 4));
  place.Run({"run", "x.textproto", "--devices", "cpu:2"}, WithTrainingWorker());
  double seconds = 0;
  for (const fs::path& folder : LaunchFolders(place)) seconds = std::max(seconds, SecondsInTraining(folder));
  return seconds;
}

}  // namespace

double SpeedOfArrays(int batch_size) { return SecondsOneByOne(batch_size) / SecondsAsArrays(batch_size); }

}  // namespace ablate::benchmarks
