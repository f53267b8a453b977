// Arms one below the other, each with its mean over seeds and the single seeds.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analysis/across_seeds.h"
#include "analysis/report/figure.h"

namespace ablate::analysis {

struct ArmValues {
  std::string arm;
  BySeed values;
};

constexpr size_t kMostArmsDrawn = 40;  // the best ones; tables have all

// Two traces: means with 95 % intervals, and the seeds.
ordered_json ArmTraces(const std::vector<ArmValues>& arms);

// For so many arms, the first on top.
int ArmsHeight(size_t arms);
ordered_json ArmsLayout(const std::string& metric);

}  // namespace ablate::analysis
