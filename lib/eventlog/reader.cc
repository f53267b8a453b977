#include "lib/eventlog/reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/eventlog/record.h"

namespace ablate::eventlog {
namespace {

constexpr size_t kChunkBytes = 1 << 19;

absl::Status Unreadable(const std::string& path, const char* what, int error) {
  return absl::UnavailableError(fmt::format("{}: {}: {}", path, what, std::strerror(error)));
}

}  // namespace

Reader::Reader(std::string path, uint64_t offset) : path_(std::move(path)), offset_(offset) {}

Reader::~Reader() {
  if (file_ >= 0) close(file_);
}

Reader::Reader(Reader&& other) noexcept { *this = std::move(other); }

Reader& Reader::operator=(Reader&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(offset_, other.offset_);
  std::swap(file_, other.file_);
  std::swap(damage_, other.damage_);
  return *this;
}

absl::StatusOr<std::string> Reader::Bytes(size_t at_most) {
  if (file_ < 0) file_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0 && errno == ENOENT) return std::string();
  if (file_ < 0) return Unreadable(path_, "can't open", errno);
  struct stat facts;
  if (fstat(file_, &facts) != 0) return Unreadable(path_, "can't look at", errno);
  const uint64_t there = facts.st_size;
  std::string bytes(there > offset_ ? std::min<uint64_t>(there - offset_, at_most) : 0, '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = pread(file_, bytes.data() + size, bytes.size() - size, offset_ + size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable(path_, "can't read", errno);
    if (got == 0) break;
    size += got;
  }
  bytes.resize(size);
  return bytes;
}

absl::Status Reader::Parse(std::string_view rest, std::vector<Event>* events) {
  while (true) {
    std::string_view bytes;
    const RecordState state = LookAtRecord(rest, &bytes);
    if (state == RecordState::kIncomplete) return absl::OkStatus();
    if (state == RecordState::kDamaged) {
      return absl::DataLossError(
          fmt::format("{}: the record at byte {} is damaged; the log can't be read beyond it", path_, offset_));
    }
    Event event;
    if (!event.ParseFromArray(bytes.data(), bytes.size())) {
      return absl::DataLossError(fmt::format("{}: the record at byte {} is whole, but not an Event", path_, offset_));
    }
    events->push_back(std::move(event));
    rest.remove_prefix(kHeaderBytes + bytes.size());
    offset_ += kHeaderBytes + bytes.size();
  }
}

absl::StatusOr<std::vector<Event>> Reader::Read() {
  RETURN_IF_ERROR(damage_);
  std::vector<Event> events;
  // An unfinished record is read anew each time, since its writer may have taken it back; a chunk that ends in the first record
  // is read anew larger.
  for (size_t at_most = kChunkBytes;; at_most *= 8) {
    ASSIGN_OR_RETURN(const std::string bytes, Bytes(at_most));
    damage_ = Parse(bytes, &events);
    if (!events.empty()) return events;
    RETURN_IF_ERROR(damage_);
    if (bytes.size() < at_most) return events;
  }
}

}  // namespace ablate::eventlog
