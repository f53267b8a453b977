// Finished trials looked at closely: what `ablate analyze` and `ablate attention` ask for (message Analysis of
// proto/evaluation.proto).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/tasks/task.h"
#include "lib/training/array_state.h"
#include "proto/evaluation.pb.h"

namespace ablate::training {

// `count` of the places 0 to size - 1, ascending, drawn evenly: the same ones for each call, so that trials are compared on the
// same examples. All of them where count is 0 or no fewer.
std::vector<int64_t> SampleOf(int64_t size, int64_t count);

// Fills in statistics, attributions and what else the request's analysis asks for, of the one trial of `state`. `examples` are
// the task's, or of source SET the set's. InvalidArgument on a request that can't be met; may throw what torch throws.
absl::Status Analyze(const EvaluationRequest& request, const tasks::LabelledExamples& examples, const ArrayState& state,
                     const std::string& data_folder, EvaluationResult& result);

}  // namespace ablate::training
