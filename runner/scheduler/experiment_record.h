// A plan as the store records it.
#pragma once

#include "lib/spec/spec.h"
#include "lib/store/writer.h"

namespace ablate::runner {

// Without its trials, which are made one by one: all of them at once would be most of the runner's memory.
store::ExperimentRecord RecordOf(const spec::Plan& plan);
store::TrialRecord TrialRecordOf(const spec::Plan& plan, size_t trial);

}  // namespace ablate::runner
