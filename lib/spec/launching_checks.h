// What experiment.proto says of Launching beyond the ranges of single fields.
#pragma once

#include "lib/spec/problems.h"
#include "lib/spec/proto_text.h"
#include "proto/experiment.pb.h"

namespace ablate::spec {

// Rungs ascend between 0 and 1; no failure class has two policies.
void CheckLaunching(const Experiment& experiment, const Source& source, Problems* problems);

}  // namespace ablate::spec
