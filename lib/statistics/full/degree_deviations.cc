#include "lib/statistics/full/degree_deviations.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

namespace ablate::statistics {
namespace {

void AddSide(const std::string& side, const std::vector<double>& degrees, size_t asked, Means& means) {
  const double mean = std::accumulate(degrees.begin(), degrees.end(), 0.0) / static_cast<double>(degrees.size());
  const double target = asked > 0 ? static_cast<double>(asked) : std::round(mean);
  double squares = 0, largest = 0;
  for (const double degree : degrees) {
    squares += (degree - target) * (degree - target);
    largest = std::max(largest, std::abs(degree - target));
  }
  means.Add(side + "_degree_rms", std::sqrt(squares / static_cast<double>(degrees.size())));
  means.Add(side + "_degree_off", largest);
}

}  // namespace

void AddDegreeDeviations(const DenseMaps& maps, size_t head, const DegreeTargets& targets, Means& means) {
  if (maps.rows() == 0 || maps.columns() == 0) return;
  std::vector<double> out(maps.rows(), 0), in(maps.columns(), 0);
  const uint8_t* support = maps.Support(head);
  for (double& row : out) {
    for (double& column : in) {
      row += *support;
      column += *support++;
    }
  }
  AddSide("out", out, targets.rows, means);
  AddSide("in", in, targets.columns, means);
}

}  // namespace ablate::statistics
