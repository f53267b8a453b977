// A sweep as combinations to be counted through: blocks of crossed dimensions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/spec/axes.h"
#include "lib/spec/values.h"
#include "proto/experiment.pb.h"

namespace ablate::spec {

// Axes that run in step, all of one length: a zip, or the sample axes, or one grid axis alone.
struct Dimension {
  std::vector<AxisValues> axes;

  size_t size() const { return axes.front().values.size(); }
};

// One case of a sweep, or the whole of a sweep without cases.
struct Block {
  std::string case_name;
  std::vector<Assignment> base;
  std::vector<Dimension> dimensions;  // crossed; the last one varies fastest
};

struct Exclusion {
  Place place;
  std::vector<Assignment> assignments;
  uint64_t left_out = 0;
};

struct SweepPlan {
  std::string name;
  Place place;
  Values base;
  std::vector<Block> blocks;
  std::vector<Exclusion> exclusions;
  std::vector<Origin*> axes;
  std::map<int, std::string> labels;  // of the fields of its axes: the shortest end of the path that tells them apart
};

// Lays the sweep's own base and then `settings` over `base`. Mistakes are told, and what they concern is left out.
SweepPlan ReadSweep(const Sweep& sweep, const Source& source, const Place& place, const Values& base,
                    const std::vector<Assignment>& settings, Loading* loading);

// Combinations of a sweep before exclusions; what its axes say, whether or not their values are good.
double CountCombinations(const Sweep& sweep);

// Values on all its axes together; those of the sweep once for each case.
double CountValues(const Sweep& sweep);

}  // namespace ablate::spec
