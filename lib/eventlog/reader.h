// Reads an events.log while it may still be growing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/event.pb.h"

namespace ablate::eventlog {

class Reader {
 public:
  // The log need not be there yet. `offset` is a value of an earlier offset().
  explicit Reader(std::string path, uint64_t offset = 0);
  ~Reader();
  Reader(Reader&& other) noexcept;
  Reader& operator=(Reader&& other) noexcept;

  // The whole records that have come since the last call, none if the tail is not (yet) whole. Of a long log half a MiB at a
  // time: who wants all that is there calls until none comes. A record that is damaged (checksum, length, not an Event) ends
  // the log for good: the records before it are returned first, then each call is DataLoss with path and offset. A torn tail
  // is not damage; nor can a damaged length that reaches behind the end be told from one.
  absl::StatusOr<std::vector<Event>> Read();

  // Bytes of whole records read so far.
  uint64_t offset() const { return offset_; }

 private:
  absl::StatusOr<std::string> Bytes(size_t at_most);  // of the file, from offset_ on
  absl::Status Parse(std::string_view bytes, std::vector<Event>* events);

  std::string path_;
  uint64_t offset_;
  int file_ = -1;
  absl::Status damage_;
};

}  // namespace ablate::eventlog
