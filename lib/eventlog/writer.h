// Appends to an events.log. Record: length (u32, little endian), CRC-32 of the bytes (u32, little endian; zlib's crc32), the
// serialized Event. One process writes a log; lib/eventlog/reader.h reads it meanwhile.
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
  // Creates the log, or goes on behind the longest valid prefix of the one that is there: what is behind it (a torn tail, or
  // blocks that a power loss left broken) is cut off, no reader would have returned it.
  static absl::StatusOr<std::unique_ptr<Writer>> Open(const std::string& path);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Fills in sequence and time, and writes the record to the file: it survives the death of the process. InvalidArgument for an
  // event above kMaxRecordBytes, ResourceExhausted on a full disk; after either the log is as before, and may be appended to.
  absl::Status Append(Event event);

  // Makes all that was appended survive a power loss. Called at checkpoints and ends.
  absl::Status Sync();

 private:
  Writer(std::string path, int file, uint64_t size, uint64_t last_sequence);
  absl::Status Undo(const absl::Status& reason);

  std::string path_;
  int file_;
  uint64_t size_;  // bytes of whole records
  uint64_t last_sequence_;
  std::string record_;  // reused by Append
  bool name_is_synced_ = false;
  absl::Status broken_;  // set where a torn record could not be taken back
};

}  // namespace ablate::eventlog
