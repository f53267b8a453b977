// Experiment files: an error that names the place, or a plan whose trials are there.
#include <cstdlib>

#include "lib/spec/spec.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ablate::spec::Options options;
  options.data_folder = "/nonexistent";
  options.check_files = false;
  const auto plan = ablate::spec::ParsePlan(ablate::fuzz::Text(data, size), "input", options);
  ablate::fuzz::ExpectSensible(plan.status());
  if (plan.ok() ? plan->trials.empty() : plan.status().message().substr(0, 5) != "input") std::abort();
  return 0;
}
