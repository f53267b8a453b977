#include "lib/statistics/full/distances.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace ablate::statistics {
namespace {

constexpr std::array<const char*, 5> kMassAt = {"mass_at_-2", "mass_at_-1", "mass_at_0", "mass_at_+1", "mass_at_+2"};
constexpr int64_t kFarthestOffset = 2;

}  // namespace

void AddDistances(const DenseMaps& maps, size_t head, Means& means) {
  const size_t n = maps.columns();
  for (size_t row = 0; row < maps.rows(); ++row) {
    const double* const pi = maps.Row(head, row);
    if (Mass(pi, n) == 0) continue;
    double distance = 0, left = 0, right = 0;
    int64_t farthest = 0;
    std::array<double, kMassAt.size()> at = {};
    for (size_t i = 0; i < n; ++i) {
      const auto offset = static_cast<int64_t>(maps.key_places[i]) - static_cast<int64_t>(maps.query_places[row]);
      distance += pi[i] * static_cast<double>(std::abs(offset));
      (offset < 0 ? left : right) += offset == 0 ? 0 : pi[i];
      if (maps.Support(head)[row * n + i]) farthest = std::max(farthest, std::abs(offset));
      if (std::abs(offset) <= kFarthestOffset) at[offset + kFarthestOffset] += pi[i];
    }
    means.Add("distance", distance);
    means.Add("farthest_key", static_cast<double>(farthest));
    means.Add("left_mass", left);
    means.Add("right_mass", right);
    means.Add("first_token_mass", maps.key_places[0] == 0 ? pi[0] : 0);
    for (size_t i = 0; i < at.size(); ++i) means.Add(kMassAt[i], at[i]);
  }
}

}  // namespace ablate::statistics
