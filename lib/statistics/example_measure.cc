#include "lib/statistics/example_measure.h"

#include <algorithm>
#include <cmath>

#include "lib/statistics/row_sums.h"

namespace ablate::statistics {

void ExampleMeasure::FindValidKeys(const ExampleMaps& maps) {
  valid_keys_.clear();
  for (size_t key = 0; key < maps.keys; ++key) {
    if (maps.key_valid[key]) valid_keys_.push_back(key);
  }
  const size_t n = valid_keys_.size();
  prefix_ = n == 0 || valid_keys_.back() + 1 == n;
  row_.assign(PaddedRow(n), 0);
  support_.resize(n);
  mixture_.resize(PaddedRow(n));
  in_degrees_.assign(maps.heads * n, 0);
}

void ExampleMeasure::CountSupport(const uint8_t* support, size_t head, const DegreeTargets& targets, HeadTotals& totals) {
  const size_t n = valid_keys_.size();
  uint32_t* const in_degrees = in_degrees_.data() + head * n;
  uint32_t degree = 0;
  if (!prefix_) {
    for (size_t i = 0; i < n; ++i) support_[i] = support[valid_keys_[i]];
    support = support_.data();
  }
  for (size_t i = 0; i < n; ++i) {
    degree += support[i];
    in_degrees[i] += support[i];
  }
  totals.out.Count(degree, targets.rows);
  if (targets.is_long) totals.long_rows.Count(degree, targets.rows);
  totals.valid_pairs += n;
}

double ExampleMeasure::AddMass(const float* probabilities, HeadTotals& totals) {
  const size_t n = valid_keys_.size();
  if (prefix_) {
    std::copy(probabilities, probabilities + n, row_.begin());
  } else {
    for (size_t i = 0; i < n; ++i) row_[i] = probabilities[valid_keys_[i]];
  }
  const RowSums sums = SumRow(row_.data(), row_.size());
  if (sums.mass == 0) return kNoMass;  // not so for NaN, which goes on into the sums
  AddScaled(row_.data(), 1 / sums.mass, row_.size(), mixture_.data());
  const double entropy = std::log(sums.mass) - sums.x_log_x / sums.mass;
  ++totals.rows_with_mass;
  totals.entropy += entropy;
  totals.largest_weight += sums.largest / sums.mass;
  return entropy;
}

void ExampleMeasure::AddQuery(const ExampleMaps& maps, size_t query, const DegreeTargets& targets, LayerTotals& totals) {
  std::fill(mixture_.begin(), mixture_.end(), 0);
  double entropies = 0, heads_with_mass = 0;
  for (size_t head = 0; head < maps.heads; ++head) {
    const size_t row = (head * maps.queries + query) * maps.keys;
    CountSupport(maps.support + row, head, targets, totals.heads[head]);
    const double entropy = AddMass(maps.probabilities + row, totals.heads[head]);
    if (entropy == kNoMass) continue;
    entropies += entropy;
    ++heads_with_mass;
  }
  if (heads_with_mass == 0) return;
  // The mixture's weights sum to the number of heads m: H(mixture / m) = log m - sum x log x / m.
  const double mixture_entropy = std::log(heads_with_mass) - SumRow(mixture_.data(), mixture_.size()).x_log_x / heads_with_mass;
  const double diversity = mixture_entropy - entropies / heads_with_mass;
  totals.diversity += diversity < 0 ? 0 : diversity;  // below 0 by rounding only; NaN stays
  ++totals.rows_with_mass;
}

void ExampleMeasure::Add(const ExampleMaps& maps, const Balance& balance, LayerTotals& totals) {
  FindValidKeys(maps);
  const size_t n = valid_keys_.size();
  const size_t valid_queries = std::count(maps.query_valid, maps.query_valid + maps.queries, 1);
  const DegreeTargets targets = TargetsOf(balance, valid_queries, n);
  for (size_t query = 0; query < maps.queries; ++query) {
    if (maps.query_valid[query]) AddQuery(maps, query, targets, totals);
  }
  for (size_t i = 0; i < in_degrees_.size(); ++i) {
    HeadTotals& head = totals.heads[i / n];
    head.in.Count(in_degrees_[i], targets.columns);
    if (targets.is_long) head.long_columns.Count(in_degrees_[i], targets.columns);
  }
}

}  // namespace ablate::statistics
