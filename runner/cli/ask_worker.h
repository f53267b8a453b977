// One question to a worker, of which nothing is kept.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "proto/event.pb.h"
#include "proto/launch.pb.h"

namespace ablate::runner {

// The result of the request's only evaluation, in a folder of its own under $TMPDIR that is removed afterwards. The result's
// failure is InvalidArgument; Unavailable where the worker can't be started or dies.
absl::StatusOr<EvaluationResult> AskWorker(const std::string& worker, const TrialRequest& request,
                                           const std::string& data_folder);

}  // namespace ablate::runner
