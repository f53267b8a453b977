// A finished trial as a worker is asked about it: from the database and its launch's folder alone, without its experiment file.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/store/reader.h"
#include "proto/launch.pb.h"

namespace ablate::runner {

struct FinishedTrial {
  TrialRequest request;     // with its weights
  std::string data_folder;  // that it was trained with
};

// FailedPrecondition where the trial has not succeeded, or its weights or its launch's request are gone. `database` is
// absolute.
absl::StatusOr<FinishedTrial> FindFinishedTrial(const store::Reader& reader, const std::string& id,
                                                const std::string& database);

}  // namespace ablate::runner
