#include "lib/eventlog/reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/eventlog/record.h"

namespace ablate::eventlog {
namespace {

constexpr size_t kChunkBytes = 4 << 20;

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
  std::swap(pending_, other.pending_);
  std::swap(damage_, other.damage_);
  return *this;
}

absl::Status Reader::Fill() {
  if (file_ < 0) file_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0 && errno == ENOENT) return absl::OkStatus();
  if (file_ < 0) return absl::UnavailableError(fmt::format("{}: can't open: {}", path_, std::strerror(errno)));
  // One record more than a chunk must fit, else a long record would never become whole.
  const size_t had = pending_.size(), wanted = had < kChunkBytes ? kChunkBytes : kHeaderBytes + kMaxRecordBytes;
  pending_.resize(wanted);
  size_t size = had;
  while (size < wanted) {
    const ssize_t got = pread(file_, pending_.data() + size, wanted - size, offset_ + size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      pending_.resize(had);
      return absl::UnavailableError(fmt::format("{}: can't read: {}", path_, std::strerror(errno)));
    }
    if (got == 0) break;
    size += got;
  }
  pending_.resize(size);
  return absl::OkStatus();
}

absl::Status Reader::Parse(std::vector<Event>* events) {
  std::string_view rest = pending_;
  absl::Status damage;
  while (true) {
    std::string_view bytes;
    const RecordState state = LookAtRecord(rest, &bytes);
    if (state == RecordState::kIncomplete) break;
    const uint64_t at = offset_ + (pending_.size() - rest.size());
    if (state == RecordState::kDamaged) {
      damage = absl::DataLossError(fmt::format("{}: the record at byte {} is damaged; the log can't be read beyond it", path_, at));
      break;
    }
    Event event;
    if (!event.ParseFromArray(bytes.data(), bytes.size())) {
      damage = absl::DataLossError(fmt::format("{}: the record at byte {} is whole, but not an Event", path_, at));
      break;
    }
    events->push_back(std::move(event));
    rest.remove_prefix(kHeaderBytes + bytes.size());
  }
  const size_t used = pending_.size() - rest.size();
  offset_ += used;
  pending_.erase(0, used);
  return damage;
}

absl::StatusOr<std::vector<Event>> Reader::Read() {
  RETURN_IF_ERROR(damage_);
  RETURN_IF_ERROR(Fill());
  std::vector<Event> events;
  damage_ = Parse(&events);
  if (events.empty()) RETURN_IF_ERROR(damage_);
  return events;
}

}  // namespace ablate::eventlog
