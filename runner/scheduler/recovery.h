// What a runner does about launches of one that died: their logs are read to the end, their trials wait again.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/store/writer.h"
#include "runner/collector/collector.h"

namespace ablate::runner {

// What becomes of launches that a backend runs without a runner (kSubmissionFile).
enum class Submitted {
  kLeft,   // nothing: they go on
  kEnded,  // they end as others; their workers find the folder closed and stop
};

// Ends all launches of the store that have no end, after making sure that nobody writes their logs any more: a worker of this
// machine that still lives is asked to checkpoint and leave, given `patience_seconds` for it, and killed then. Returns the
// names of those ended. Nothing else may run launches of this store meanwhile, which the writer's lock ensures.
absl::StatusOr<std::vector<std::string>> EndOpenLaunches(store::Writer& store, Collector& collector,
                                                         double patience_seconds = 0, Submitted submitted = Submitted::kEnded);

}  // namespace ablate::runner
