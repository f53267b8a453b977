// The comments of proto/trial.proto, which the build puts into the program: compiled descriptors don't keep them.
#pragma once

#include <string>

namespace ablate::runner {

// The comment of a message, field, oneof or enum value by its full name ("ablate.Attention.alpha"), on one line; "" if there
// is none.
const std::string& ProtoComment(const std::string& full_name);

// What remains of a field's comment without its sentences "Unit: ...", "Range: ..." and "Default: ...", which others state.
std::string WithoutFacts(const std::string& comment);

// "keys" from "... Unit: keys. Range: ..."; "" if the comment states no unit.
std::string UnitOf(const std::string& comment);

}  // namespace ablate::runner
