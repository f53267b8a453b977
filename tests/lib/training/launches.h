// Launches run in a temporary folder, and what their logs say, for tests.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "proto/event.pb.h"
#include "proto/launch.pb.h"

namespace ablate::training {

// A trial that is learned in seconds: majority of 3 symbols, 2 layers of width 12, 24 steps of 8 examples, 3 evaluations.
Trial SmallTrial();

// Five trials that differ in all that may differ in an array: normalizer, alpha (one learned), imposed sparsity, K, learning
// rate, schedule, clipping, dropout, seed.
std::vector<Trial> FiveTrials();

// Everything about one trial that a log tells.
struct TrialLog {
  std::map<std::pair<std::string, uint64_t>, double> points;  // (metric, step)
  std::map<uint64_t, std::string> statistics;                 // serialized, of each step
  std::vector<uint64_t> checkpoints;                          // steps
  uint64_t first_step = 0;
  AttemptEnd end;
};

struct LaunchLog {
  absl::Status status;                     // of RunLaunch
  std::map<std::string, TrialLog> trials;  // by id
  std::vector<std::string> notes;
};

// Trial i of an array has the id "trial<name of i>".
struct NamedTrial {
  std::string id;
  Trial trial;
  std::string checkpoint;
};

// Runs a launch on one thread in this folder, which is made; `commands` are control files that are there from the start.
LaunchLog RunInFolder(const std::string& folder, const std::vector<NamedTrial>& trials,
                      const std::vector<std::string>& commands = {}, uint64_t leave_after_step = 0);

// A folder of this test that does not exist yet.
std::string FreshFolder();

// Fails the test unless all points of `part` are in `whole` with the same bits, and statistics likewise. Returns their number.
int ExpectSamePoints(const TrialLog& part, const TrialLog& whole, const std::string& what);

}  // namespace ablate::training
