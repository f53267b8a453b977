// The events of attempts, in the words of proto/event.proto. Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "lib/eventlog/writer.h"
#include "proto/launch.pb.h"

namespace ablate::training {

struct Failure {
  std::string failure_class;  // "nan", "out_of_memory", "bad_data", "internal"
  std::string message;        // one line
};

class AttemptLog {
 public:
  explicit AttemptLog(eventlog::Writer& log) : log_(log) {}

  absl::Status Begin(const TrialRequest& request, int64_t first_step);
  absl::Status Points(const std::string& trial, int64_t step, const std::vector<std::pair<std::string_view, double>>& points);
  absl::Status Statistics(const std::string& trial, int64_t step, AttentionStatistics statistics);
  // `path` is relative to the launch folder.
  absl::Status CheckpointIsDurable(const std::string& trial, int64_t step, const std::string& path, uint64_t bytes);
  absl::Status Tell(const std::string& trial, std::string_view text);  // INFO
  absl::Status Warn(const std::string& trial, std::string_view text);
  absl::Status End(const std::string& trial, int64_t step, AttemptEnd::Outcome outcome);
  absl::Status Fail(const std::string& trial, int64_t step, const Failure& failure);
  absl::Status Evaluation(EvaluationResult result);
  absl::Status Sync() { return log_.Sync(); }

 private:
  eventlog::Writer& log_;
};

}  // namespace ablate::training
