// A folder in which the runner's benchmarks run `ablate` with the worker that needs no torch.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/store/reader.h"

namespace ablate::benchmarks {

// What a process took, from just before it was made until it was waited for.
struct Taken {
  int64_t began_us = 0;  // wall clock
  double wall_s = 0, cpu_s = 0;
  double peak_bytes = 0;  // resident
};

using Environment = std::map<std::string, std::string>;

// An experiment of `trials` trials (seeds of one arm) that share arrays of `array`.
std::string Experiment(uint64_t trials, uint64_t steps, uint64_t array);

class Workplace {
 public:
  // With the experiment as x.textproto. The folder is removed at the end.
  explicit Workplace(const std::string& experiment);
  ~Workplace();
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  // `ablate ARGUMENTS`; what it prints goes to a file of the folder.
  pid_t Start(const std::vector<std::string>& arguments, const Environment& environment = {}) const;
  // Ends the whole benchmark, with what it said, if `ablate` does not exit with 0.
  Taken Run(const std::vector<std::string>& arguments, const Environment& environment = {}) const;
  void RemoveDatabase() const;

  std::unique_ptr<store::Reader> OpenDatabase() const;
  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  std::string folder_;
};

// The first value of a query's first row; -1 where there is none. Ends the benchmark if it fails.
int64_t Number(const store::Reader& reader, const std::string& sql);

// Programs that were built with this one.
std::string AblateProgram();
std::string FakeWorkerProgram();
// Need not be there.
std::string TrainingWorkerProgram();

[[noreturn]] void GiveUp(const std::string& reason);

}  // namespace ablate::benchmarks
