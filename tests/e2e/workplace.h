// A folder in which `ablate` is run as a user runs it, and what its database then says.
//   $ABLATE_E2E_ABLATE  the program; $ABLATE_E2E_WORKER  its worker: lib/testing:fake_worker or ablate-worker.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lib/store/reader.h"

namespace ablate::e2e {

struct Outcome {
  int code = -1;  // exit code; -N: ended by signal N
  std::string out, err;
  double cpu_seconds = 0;  // of the process and those that it waited for
  double peak_bytes = 0;   // resident
};

// One run of ablate that goes on. Killed where it is left.
class Process {
 public:
  Process(pid_t pid, std::string out_path, std::string err_path);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Signal(int number);
  // Waits for its end, at most a minute.
  Outcome Wait();
  bool Running();
  std::string Out() const;  // so far

 private:
  pid_t pid_;
  int status_ = 0;
  rusage usage_ = {};
  bool ended_ = false;
  std::string out_path_, err_path_;
};

using Environment = std::map<std::string, std::string>;

// (trial id, metric, step) -> value; NaN is kept as text, so that equal maps are equal bits.
using Points = std::map<std::tuple<std::string, std::string, int64_t>, std::string>;

class Workplace {
 public:
  // A new folder named after the running test; `name` tells several of one test apart.
  explicit Workplace(const std::string& name = "");

  // Puts an experiment file of testdata into the folder; `edits` are (from, to), each of which must occur.
  void Copy(const std::string& spec, const std::vector<std::pair<std::string, std::string>>& edits = {});

  std::unique_ptr<Process> Start(const std::vector<std::string>& arguments, const Environment& environment = {});
  Outcome Run(const std::vector<std::string>& arguments, const Environment& environment = {});

  // One column, or one number, of a query on results.db.
  std::vector<std::string> Column(const std::string& sql);
  int64_t Number(const std::string& sql);
  Points MetricPoints();
  // "succeeded" -> 8.
  std::map<std::string, int64_t> States();

  // Until `ready`, at most a minute; false after that.
  bool WaitUntil(const std::function<bool()>& ready);

  const std::string& folder() const { return folder_; }
  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  store::Table Query(const std::string& sql);
  std::string folder_;
  int runs_ = 0;
};

bool WorkerIsFake();

// Processes that have the worker's program open as theirs and run below this test.
std::vector<pid_t> LiveWorkers();

}  // namespace ablate::e2e
