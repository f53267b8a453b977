#include "lib/eventlog/writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/eventlog/reader.h"
#include "lib/eventlog/record.h"

namespace ablate::eventlog {
namespace {

struct Prefix {
  uint64_t bytes = 0, last_sequence = 0;
};

absl::StatusOr<Prefix> ValidPrefix(const std::string& path) {
  Prefix prefix;
  Reader reader(path);
  while (true) {
    absl::StatusOr<std::vector<Event>> events = reader.Read();
    if (!events.ok() && !absl::IsDataLoss(events.status())) return events.status();
    prefix.bytes = reader.offset();
    if (!events.ok() || events->empty()) return prefix;
    prefix.last_sequence = events->back().sequence();
  }
}

}  // namespace

Writer::Writer(std::string path, int file, uint64_t size, uint64_t last_sequence)
    : path_(std::move(path)), file_(file), size_(size), last_sequence_(last_sequence) {}

Writer::~Writer() { close(file_); }

absl::StatusOr<std::unique_ptr<Writer>> Writer::Open(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return ErrnoStatus(errno, "can't open", path);
  std::unique_ptr<Writer> writer(new Writer(path, file, 0, 0));
  struct stat facts;
  if (fstat(file, &facts) != 0) return ErrnoStatus(errno, "can't look at", path);
  if (facts.st_size == 0) return writer;
  ASSIGN_OR_RETURN(const Prefix prefix, ValidPrefix(path));
  writer->size_ = prefix.bytes;
  writer->last_sequence_ = prefix.last_sequence;
  if (ftruncate(file, prefix.bytes) != 0) return ErrnoStatus(errno, "can't cut off a torn record", path);
  return writer;
}

absl::Status Writer::Undo(const absl::Status& reason) {
  if (ftruncate(file_, size_) != 0) broken_ = ErrnoStatus(errno, "can't take back a torn record", path_);
  return reason;
}

absl::Status Writer::Append(Event event) {
  RETURN_IF_ERROR(broken_);
  event.set_sequence(last_sequence_ + 1);
  event.set_time_us(NowMicroseconds());
  record_.assign(kHeaderBytes, '\0');
  if (!event.AppendToString(&record_)) return absl::InvalidArgumentError(fmt::format("{}: can't serialize an event", path_));
  const size_t length = record_.size() - kHeaderBytes;
  if (length > kMaxRecordBytes) {
    return absl::InvalidArgumentError(
        fmt::format("{}: an event of {} bytes; at most {} are allowed", path_, length, kMaxRecordBytes));
  }
  PutHeader(std::string_view(record_).substr(kHeaderBytes), record_.data());
  for (size_t done = 0; done < record_.size();) {
    const ssize_t written = write(file_, record_.data() + done, record_.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Undo(ErrnoStatus(errno, "can't write", path_));
    done += written;
  }
  size_ += record_.size();
  ++last_sequence_;
  return absl::OkStatus();
}

absl::Status Writer::Sync() {
  if (fdatasync(file_) != 0) return ErrnoStatus(errno, "can't sync", path_);
  // The name of the log must survive a power loss as its records do.
  if (!name_is_synced_) RETURN_IF_ERROR(SyncFolder(ParentFolder(path_)));
  name_is_synced_ = true;
  return absl::OkStatus();
}

}  // namespace ablate::eventlog
