// Attributions by name.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "lib/attribution/subject.h"
#include "proto/event.pb.h"

namespace ablate::attribution {

struct Explained {
  const Subject& subject;
  const models::EncoderOutputs& outputs;  // of the subject, with supports
  int64_t target = 0;                     // class whose score is attributed
  int64_t integration_steps = 64;
};

// One of the catalogue's. InvalidArgument on another name.
absl::StatusOr<AttributionMap> Attribute(const Explained& explained, const std::string& name);

}  // namespace ablate::attribution
