// Appends to an events.log. Record: length (u32, little endian), CRC-32 of the bytes (u32), the serialized Event.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/event.pb.h"

namespace ablate::eventlog {

class Writer {
 public:
  // Creates the log, or goes on behind the last whole record of the one that is there (a torn tail is cut off).
  static absl::StatusOr<std::unique_ptr<Writer>> Open(const std::string& path);
  ~Writer();

  // Fills in sequence and time, and writes the record to the file: it survives the death of the process.
  absl::Status Append(Event event);

  // Makes all that was appended survive a power loss. Called at checkpoints and ends.
  absl::Status Sync();

 private:
  Writer(std::string path, int file, uint64_t last_sequence);
  std::string path_;
  int file_;
  uint64_t last_sequence_;
};

}  // namespace ablate::eventlog
