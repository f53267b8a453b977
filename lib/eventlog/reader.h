// Reads an events.log while it may still be growing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/event.pb.h"

namespace ablate::eventlog {

class Reader {
 public:
  // The log need not be there yet. `offset` is a value of an earlier offset().
  explicit Reader(std::string path, uint64_t offset = 0);

  // The whole records that have come since the last call, none if the tail is not (yet) whole. A record whose checksum is
  // wrong ends the log for good: DataLoss with path and offset, after the records before it were returned.
  absl::StatusOr<std::vector<Event>> Read();

  // Bytes of whole records read so far.
  uint64_t offset() const { return offset_; }

 private:
  std::string path_;
  uint64_t offset_;
};

}  // namespace ablate::eventlog
