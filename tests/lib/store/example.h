// Small experiments and events for the tests of the store and the collector.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/store/reader.h"
#include "lib/store/writer.h"
#include "proto/event.pb.h"

namespace ablate::store {

// A path in the test's folder at which there is nothing yet.
std::string NewDatabasePath(const std::string& name);

// 32 hexadecimal digits.
std::string TrialId(int number);

// Trials TrialId(first) ... in arms "a", "b", ... of `seeds` trials each.
ExperimentRecord Example(const std::string& name, int first, int trials, int seeds = 2);

LaunchRecord LaunchOf(const std::string& name, const std::vector<std::string>& trials);

// An event log in memory: gives events their sequence and time.
class Events {
 public:
  Events& Begin(const std::string& trial, uint32_t attempt, uint64_t first_step);
  Events& Point(const std::string& trial, uint64_t step, double value, const std::string& metric = "validation/accuracy");
  Events& Statistic(const std::string& trial, uint64_t step, int layer, int head, const std::string& statistic, double value);
  Events& Degrees(const std::string& trial, uint64_t step, const std::string& direction, const std::vector<uint32_t>& degrees);
  Events& Checkpoint(const std::string& trial, uint64_t step, const std::string& path);
  Events& End(const std::string& trial, uint64_t step, AttemptEnd::Outcome outcome, const std::string& failure_class = "",
              const std::string& message = "");
  Events& EndLaunch(double seconds);
  Events& Add(Event event);

  const std::vector<Event>& all() const { return events_; }
  // Events first ... last, counted from 1.
  std::vector<Event> Part(size_t first, size_t last) const;

 private:
  std::vector<Event> events_;
};

// Aborts the test where a call fails.
std::unique_ptr<Writer> OpenWriter(const std::string& path);
std::unique_ptr<Reader> OpenReader(const std::string& path);
void Check(const absl::Status& status);

// The rows of a query, a line each, values separated by '|'; NULL as "NULL", numbers by their shortest text.
std::string Rows(const std::string& path, const std::string& sql, const Parameters& parameters = {});

// All tables that events fill, but for integer keys that depend on the order of collection and for times.
std::string Content(const std::string& path);

}  // namespace ablate::store
