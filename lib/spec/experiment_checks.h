// What can be said about an experiment without making its trials: facts of its fields, names, sizes.
#pragma once

#include "lib/spec/proto_text.h"
#include "lib/spec/values.h"
#include "proto/experiment.pb.h"

namespace ablate::spec {

// Ranges and required fields of all messages around the trials, names of experiment, sweeps and cases, seeds.
void CheckExperiment(const Experiment& experiment, const Source& source, Loading* loading);

// False, and told, if there would be more trials than kMaxTrials.
bool CheckTrialCount(const Experiment& experiment, const Source& source, Problems* problems);

// False, and told, if there are more sweeps, exclusions or values on axes than memory and time have room for.
bool CheckSweepSizes(const Experiment& experiment, const Source& source, Problems* problems);

// The metric must be one that the tasks of all trials log.
void CheckMetric(const Experiment& experiment, const Source& source, const std::vector<std::string>& tasks, Problems* problems);

}  // namespace ablate::spec
