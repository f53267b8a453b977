// The lock that makes a writer the only one: `<database>.lock` (links resolved), held by flock, so that it ends with its
// process however that dies. Its text, "host pid", is for the message to the one refused.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace ablate::store {

class Lock {
 public:
  // FailedPrecondition, naming host and pid, while another Lock on the database is held, in this process or another.
  static absl::StatusOr<Lock> Take(const std::string& database);
  ~Lock();
  Lock(Lock&& other) noexcept : file_(other.file_) { other.file_ = -1; }
  Lock& operator=(Lock&&) = delete;

 private:
  explicit Lock(int file) : file_(file) {}
  int file_;
};

}  // namespace ablate::store
