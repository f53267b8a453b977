// Statistics of whole layers, from the input upwards.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/report/sections.h"

namespace ablate::analysis {

// Appends to the section a figure of those of the statistics that were recorded: layer against value, a line for each arm with
// the band of its succeeded trials, at their last evaluations; with its table, a heading (unless "") and a note. Without any it
// returns the section as it was.
absl::StatusOr<Section> AddDepth(const Study& study, const std::vector<std::string>& statistics, const std::string& id,
                                 const std::string& heading, const std::string& note, Section section);

}  // namespace ablate::analysis
