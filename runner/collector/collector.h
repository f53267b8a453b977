// Brings what workers append to their event logs into the store. Single-threaded: the thread of its store::Writer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/store/writer.h"
#include "proto/event.pb.h"

namespace ablate::runner {

class Collector {
 public:
  // `store` must outlive the collector.
  explicit Collector(store::Writer& store);
  ~Collector();

  // Called with events after they were stored, in the log's order: what the runner itself needs to know of them (ends,
  // checkpoints, metrics for the live view). Events that the store had already are passed on too; those of a broken log up to
  // where it broke. The listener must not watch or unwatch.
  using Listener = std::function<void(const std::string& launch, const std::vector<Event>& events)>;
  void set_listener(Listener listener) { listener_ = std::move(listener); }

  // Follows `folder`/events.log, which need not be there yet, from its first event: the store leaves out what it has already,
  // so a runner that takes over a launch watches it like a new one. The launch must be recorded in the store.
  void Watch(const std::string& launch, const std::string& folder);

  // Stores all whole events that have come in all watched logs; returns how many were read. An error is the store's (full disk:
  // ResourceExhausted) or of reading a file, and what could not be stored is tried again by the next call. A broken log is no
  // error: see LogStatus.
  absl::StatusOr<uint64_t> Collect();

  // As above, for one watched launch. NotFound if it is not watched.
  absl::StatusOr<uint64_t> Collect(const std::string& launch);

  // The launch's last event, once it was stored. Nothing in a log that broke before it.
  std::optional<LaunchEnd> Finished(const std::string& launch) const;

  // DataLoss if the log is damaged, or its events make no sense: what was before is stored, the rest is given up, and the store
  // has the error as a message of the launch. The runner should end the launch: nothing more will come of it.
  absl::Status LogStatus(const std::string& launch) const;

  // Forgets the launch, of which all is collected.
  void Unwatch(const std::string& launch);

 private:
  struct Log;
  absl::StatusOr<uint64_t> CollectLog(const std::string& launch, Log& log);
  uint64_t Pass(const std::string& launch, Log& log);  // what was stored, to the listener; returns how many
  void KeepStored(const std::string& launch, Log& log);
  absl::Status GiveUp(const std::string& launch, Log& log, const absl::Status& reason);

  store::Writer& store_;
  Listener listener_;
  std::map<std::string, std::unique_ptr<Log>> logs_;
};

}  // namespace ablate::runner
