#include "lib/attribution/distance_profile.h"

#include <numeric>

namespace ablate::attribution {

void DistanceProfile::Add(const tasks::DependencyTree& tree, const std::vector<double>& map) {
  const size_t words = tree.size();
  const std::vector<int32_t> distances = tasks::TreeDistances(tree);
  for (size_t i = 0; i < words; ++i) {
    const double* const row = map.data() + i * words;
    const double total = std::accumulate(row, row + i, 0.0) + std::accumulate(row + i + 1, row + words, 0.0);
    if (!(total > 0)) continue;
    for (size_t j = 0; j < words; ++j) {
      if (i == j) continue;
      const int32_t distance = distances[i * words + j], offset = static_cast<int32_t>(j) - static_cast<int32_t>(i);
      const double share = row[j] / total, even = 1.0 / static_cast<double>(words - 1);
      Sum& sum = by_distance_[distance];
      ++sum.pairs;
      sum.share += share;
      sum.even += even;
      Lift& lift = by_offset_[offset];
      ++lift.pairs;
      lift.sum += share / even;
      even_[{distance, offset}] += even;
    }
  }
}

void DistanceProfile::Write(const std::string& method, EvaluationResult& result) const {
  std::map<int32_t, double> expected;  // sum over the pairs of a distance
  for (const auto& [place, even] : even_) {
    const Lift& lift = by_offset_.at(place.second);
    expected[place.first] += even * lift.sum / static_cast<double>(lift.pairs);
  }
  for (const auto& [distance, sum] : by_distance_) {
    const auto pairs = static_cast<double>(sum.pairs);
    AttributionByDistance& row = *result.add_distance();
    row.set_method(method);
    row.set_distance(static_cast<uint32_t>(distance));
    row.set_pairs(sum.pairs);
    row.set_mean(sum.share / pairs);
    row.set_by_offset(expected.at(distance) / pairs);
    row.set_random(sum.even / pairs);
  }
}

}  // namespace ablate::attribution
