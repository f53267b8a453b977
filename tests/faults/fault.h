// A fault in a run of `ablate`, by libinjector.so.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/e2e/workplace.h"
#include "tests/faults/injector.h"

namespace ablate::faults {

struct Fault {
  std::string role;    // "runner", "worker"
  std::string action;  // as injector.cc says
  uint64_t at = 0;     // the point, counted from 1
};

std::string Name(const Fault& fault);

// To be kept until the processes that it is for have ended.
class Injection {
 public:
  // Its file lies in `folder`.
  Injection(const Fault& fault, const std::string& folder);
  ~Injection();
  Injection(const Injection&) = delete;
  Injection& operator=(const Injection&) = delete;

  // What a run's environment needs.
  const e2e::Environment& environment() const { return environment_; }
  // Points passed so far by processes of the role.
  uint64_t points() const { return record_->points.load(); }
  // "pwrite results.db-wal", without folders, numbers and random words: equal for equal points. Empty: it has not happened.
  std::string Where() const;

 private:
  std::string path_;
  Record* record_;
  e2e::Environment environment_;
};

}  // namespace ablate::faults
