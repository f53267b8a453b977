#include "tests/benchmarks/runner_workplace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "lib/base/clock.h"
#include "lib/base/files.h"

namespace ablate::benchmarks {
namespace {

namespace fs = std::filesystem;

std::string BesideThisProgram(const std::string& path) {
  return fs::canonical("/proc/self/exe").parent_path().parent_path().parent_path() / path;
}

std::string NeededProgram(const std::string& path) {
  const std::string program = BesideThisProgram(path);
  if (!fs::exists(program)) GiveUp(fmt::format("{} is missing: build //tests/benchmarks:runner", program));
  return program;
}

double Seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); }

}  // namespace

void GiveUp(const std::string& reason) {
  fmt::print(stderr, "runner benchmark: {}\n", reason);
  std::exit(2);
}

std::string AblateProgram() { return NeededProgram("runner/cli/ablate"); }
std::string FakeWorkerProgram() { return NeededProgram("lib/testing/fake_worker"); }
std::string TrainingWorkerProgram() { return BesideThisProgram("runner/worker/ablate-worker"); }

std::string Experiment(uint64_t trials, uint64_t steps, uint64_t array) {
  return fmt::format(R"(name: "x"
base {{
  task {{ recall {{ keys: 4 values: 4 min_pairs: 2 max_pairs: 4 train_examples: 256 validation_examples: 32 }} }}
  model {{ encoder {{ layers: 1 heads: 2 width: 16 }} }}
  training {{ steps: {} batch_size: 8 evaluations: 1 log_every_steps: 1 checkpoint_seconds: 3600 }}
}}
launching {{ max_array_trials: {} }}
seeds {{ count: {} }}
)",
                     steps, array, trials);
}

Workplace::Workplace(const std::string& experiment) {
  folder_ = fs::temp_directory_path() / "ablate_benchmark.XXXXXX";
  if (mkdtemp(folder_.data()) == nullptr) GiveUp(folder_ + ": can't be made");
  std::ofstream(Path("x.textproto")) << experiment;
}

Workplace::~Workplace() {
  std::error_code error;
  fs::remove_all(folder_, error);
}

void Workplace::RemoveDatabase() const {
  std::error_code error;
  for (const char* name : {"results.db", "results.db-wal", "results.db-shm", "results.db.lock"}) fs::remove(Path(name), error);
  fs::remove_all(Path("results.db.launches"), error);
}

pid_t Workplace::Start(const std::vector<std::string>& arguments, const Environment& environment) const {
  static const std::string& program = *new std::string(AblateProgram());
  static const std::string& worker = *new std::string(FakeWorkerProgram());
  const pid_t pid = fork();
  if (pid != 0) return pid;
  setenv("ABLATE_WORKER", worker.c_str(), 1);
  unsetenv("ABLATE_DB");
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> words = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  if (chdir(folder_.c_str()) != 0) _exit(126);
  const int said = open("said", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  dup2(said, STDOUT_FILENO);
  dup2(said, STDERR_FILENO);
  execv(program.c_str(), words.data());
  _exit(127);
}

Taken Workplace::Run(const std::vector<std::string>& arguments, const Environment& environment) const {
  Taken taken;
  const auto begin = std::chrono::steady_clock::now();
  taken.began_us = NowMicroseconds();
  const pid_t pid = Start(arguments, environment);
  int status = 0;
  rusage usage = {};
  if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) GiveUp("can't run ablate");
  if (status != 0) GiveUp("ablate failed: " + ReadFile(Path("said")).value_or(""));
  taken.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  taken.cpu_s = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  taken.peak_bytes = static_cast<double>(usage.ru_maxrss) * 1024;
  return taken;
}

std::unique_ptr<store::Reader> Workplace::OpenDatabase() const {
  auto reader = store::Reader::Open(Path("results.db"));
  if (!reader.ok()) GiveUp(reader.status().ToString());
  return *std::move(reader);
}

int64_t Number(const store::Reader& reader, const std::string& sql) {
  const auto table = reader.Query(sql);
  if (!table.ok()) GiveUp(table.status().ToString());
  const auto* number = table->rows.empty() ? nullptr : std::get_if<int64_t>(&table->rows[0][0]);
  return number == nullptr ? -1 : *number;
}

}  // namespace ablate::benchmarks
