// The options of every verb that reads an experiment file to train or evaluate its trials.
#pragma once

#include <string>
#include <vector>

#include "lib/spec/spec.h"
#include "runner/cli/command_line.h"

namespace ablate::runner {

struct SpecOptions {
  std::string spec, database, data, devices;
  std::vector<std::string> settings;
};

// SPEC, --db, --data, --devices, --set.
void AddSpecOptions(VerbOptions verb, SpecOptions& options);

// How the experiment file is loaded.
spec::Options LoadOptions(const SpecOptions& options);

}  // namespace ablate::runner
