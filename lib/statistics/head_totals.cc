#include "lib/statistics/head_totals.h"

#include <cmath>

namespace ablate::statistics {

void Degrees::Count(size_t degree, size_t target) {
  if (degree >= counts_.size()) counts_.resize(degree + 1, 0);
  ++counts_[degree];
  ++total_;
  regular_ += degree == target;
}

uint64_t Degrees::sum() const {
  uint64_t sum = 0;
  for (size_t degree = 0; degree < counts_.size(); ++degree) sum += degree * counts_[degree];
  return sum;
}

double Degrees::MeanDegree() const { return static_cast<double>(sum()) / static_cast<double>(total_); }

double Degrees::RegularShare(bool targets) const {
  const auto mean = static_cast<size_t>(std::llround(MeanDegree()));
  const uint64_t regular = targets ? regular_ : counts_[mean];  // the mean is at most the largest degree
  return static_cast<double>(regular) / static_cast<double>(total_);
}

void Degrees::Write(DegreeDistribution& distribution) const {
  for (size_t degree = 0; degree < counts_.size(); ++degree) {
    if (counts_[degree] == 0) continue;
    distribution.add_degree(static_cast<uint32_t>(degree));
    distribution.add_count(counts_[degree]);
  }
}

void HeadTotals::Write(const HeadName& name, bool balanced, AttentionStatistics& statistics) const {
  const auto add = [&](const char* statistic, double value) {
    HeadStatistic& entry = *statistics.add_head();
    entry.set_attention(name.attention);
    entry.set_layer(name.layer);
    entry.set_head(name.head);
    entry.set_statistic(statistic);
    entry.set_value(value);
  };
  const auto add_degrees = [&](const char* direction, const Degrees& degrees) {
    DegreeDistribution& entry = *statistics.add_degrees();
    entry.set_attention(name.attention);
    entry.set_layer(name.layer);
    entry.set_head(name.head);
    entry.set_direction(direction);
    degrees.Write(entry);
  };
  const auto rows = static_cast<double>(out.total()), with_mass = static_cast<double>(rows_with_mass);
  if (valid_pairs > 0) add("density", static_cast<double>(out.sum()) / static_cast<double>(valid_pairs));
  if (rows_with_mass > 0) add("entropy", entropy / with_mass);
  if (in.total() > 0) add("k_regular_columns", in.RegularShare(balanced));
  add("k_regular_rows", out.RegularShare(balanced));
  if (rows_with_mass > 0) add("largest_weight", largest_weight / with_mass);
  add("rows_without_mass", (rows - with_mass) / rows);
  add("support_size", out.MeanDegree());
  HeadStatistic head;
  head.set_attention(name.attention);
  head.set_layer(name.layer);
  head.set_head(name.head);
  if (long_rows.total() > 0) long_rows.Write("rows", head, statistics);
  if (long_columns.total() > 0) long_columns.Write("columns", head, statistics);
  add_degrees("out", out);
  add_degrees("in", in);
}

}  // namespace ablate::statistics
