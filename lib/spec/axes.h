// The values of one axis: lists, ranges, and samples.
#pragma once

#include <vector>

#include "lib/spec/draws.h"
#include "lib/spec/values.h"
#include "proto/experiment.pb.h"

namespace ablate::spec {

struct AxisValues {
  int field = -1;
  Origin* origin = nullptr;
  std::vector<const Value*> values;
};

enum class AxisKind { kGrid, kZip };  // a grid axis has each value once

// False after a mistake, which is told; the field is doubtful then.
bool ReadAxis(const Axis& axis, AxisKind kind, const Source& source, const Place& place, Loading* loading, AxisValues* result);

// Sample axis number `number` of a sweep.
bool ReadSampleAxis(const Axis& axis, const Source& source, const Place& place, const Draws& draws, int number,
                    Loading* loading, AxisValues* result);

}  // namespace ablate::spec
