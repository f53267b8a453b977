#include "lib/statistics/regularity.h"

#include <cmath>
#include <string>

#include "lib/base/target_degree.h"

namespace ablate::statistics {

DegreeTargets TargetsOf(const Balance& balance, size_t queries, size_t keys) {
  const auto target = [&](size_t tokens) {
    return static_cast<size_t>(TargetDegree(balance.k(), balance.share(), static_cast<int64_t>(tokens)));
  };
  const size_t k = target(keys);
  return {k, target(queries), k > 0 && keys >= 2 * k};
}

void DegreeErrors::Count(size_t degree, size_t target) {
  const size_t off = degree > target ? degree - target : target - degree;
  ++total_;
  exact_ += off == 0;
  near_ += off <= 1;
  squares_ += off * off;
}

void DegreeErrors::Write(const char* prefix, const HeadStatistic& head, AttentionStatistics& statistics) const {
  const auto add = [&](const char* name, double value) {
    HeadStatistic& entry = *statistics.add_head();
    entry = head;
    entry.set_statistic(std::string(prefix) + name);
    entry.set_value(value);
  };
  const auto total = static_cast<double>(total_);
  add("_at_k", static_cast<double>(exact_) / total);
  add("_near_k", static_cast<double>(near_) / total);
  add("_off_k", std::sqrt(static_cast<double>(squares_) / total));
}

}  // namespace ablate::statistics
