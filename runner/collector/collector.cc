#include "runner/collector/collector.h"

#include <utility>
#include <vector>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/eventlog/reader.h"

namespace ablate::runner {

struct Collector::Log {
  explicit Log(const std::string& path) : reader(path) {}
  eventlog::Reader reader;
  std::vector<Event> unstored;  // read, and not stored since the store had trouble
  std::optional<LaunchEnd> end;
  absl::Status broken;
};

Collector::Collector(store::Writer& store) : store_(store) {}

Collector::~Collector() = default;

void Collector::Watch(const std::string& launch, const std::string& folder) {
  logs_[launch] = std::make_unique<Log>(JoinPath(folder, "events.log"));
}

void Collector::Unwatch(const std::string& launch) { logs_.erase(launch); }

absl::StatusOr<uint64_t> Collector::Collect() {
  uint64_t events = 0;
  for (auto& [launch, log] : logs_) {
    ASSIGN_OR_RETURN(const uint64_t more, CollectLog(launch, *log));
    events += more;
  }
  return events;
}

absl::StatusOr<uint64_t> Collector::Collect(const std::string& launch) {
  const auto found = logs_.find(launch);
  if (found == logs_.end()) return absl::NotFoundError(fmt::format("launch '{}' is not watched", launch));
  return CollectLog(launch, *found->second);
}

absl::StatusOr<uint64_t> Collector::CollectLog(const std::string& launch, Log& log) {
  uint64_t events = 0;
  while (log.broken.ok()) {
    if (log.unstored.empty()) {
      absl::StatusOr<std::vector<Event>> read = log.reader.Read();
      if (absl::IsDataLoss(read.status())) {
        RETURN_IF_ERROR(GiveUp(launch, log, read.status()));
        break;
      }
      RETURN_IF_ERROR(read.status());
      if (read->empty()) break;
      log.unstored = *std::move(read);
    }
    absl::Status stored = store_.Collect(launch, log.unstored);
    if (absl::IsInvalidArgument(stored)) {
      KeepStored(launch, log);
      events += Pass(launch, log);
      RETURN_IF_ERROR(GiveUp(launch, log, stored));
      break;
    }
    RETURN_IF_ERROR(stored);
    events += Pass(launch, log);
  }
  return events;
}

uint64_t Collector::Pass(const std::string& launch, Log& log) {
  const std::vector<Event> events = std::exchange(log.unstored, {});
  if (events.empty()) return 0;
  if (events.back().has_launch_end()) log.end = events.back().launch_end();
  if (listener_) listener_(launch, events);
  return events.size();
}

// Those before the one that makes no sense were stored: stored again one by one they change nothing, up to that one.
void Collector::KeepStored(const std::string& launch, Log& log) {
  size_t kept = 0;
  while (kept < log.unstored.size() && store_.Collect(launch, {log.unstored[kept]}).ok()) ++kept;
  log.unstored.resize(kept);
}

absl::Status Collector::GiveUp(const std::string& launch, Log& log, const absl::Status& reason) {
  RETURN_IF_ERROR(store_.AddMessage(launch, Note::ERROR, std::string(reason.message())));
  log.broken = absl::DataLossError(reason.message());
  log.unstored.clear();
  return absl::OkStatus();
}

std::optional<LaunchEnd> Collector::Finished(const std::string& launch) const {
  const auto found = logs_.find(launch);
  return found == logs_.end() ? std::nullopt : found->second->end;
}

absl::Status Collector::LogStatus(const std::string& launch) const {
  const auto found = logs_.find(launch);
  return found == logs_.end() ? absl::OkStatus() : found->second->broken;
}

}  // namespace ablate::runner
