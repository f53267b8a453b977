#include "lib/statistics/example_measure.h"

#include <algorithm>
#include <cmath>

namespace ablate::statistics {
namespace {

// Sum of p log p; 0 log 0 = 0.
template <typename Number>
double SumPLogP(const Number* p, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    if (p[i] > 0) sum += p[i] * std::log(static_cast<double>(p[i]));
  }
  return sum;
}

}  // namespace

void ExampleMeasure::FindValidKeys(const ExampleMaps& maps) {
  valid_keys_.clear();
  for (size_t key = 0; key < maps.keys; ++key) {
    if (maps.key_valid[key]) valid_keys_.push_back(key);
  }
  prefix_ = valid_keys_.empty() || valid_keys_.back() + 1 == valid_keys_.size();
  gathered_probabilities_.resize(valid_keys_.size());
  gathered_support_.resize(valid_keys_.size());
  mixture_.resize(valid_keys_.size());
  in_degrees_.assign(maps.heads * valid_keys_.size(), 0);
}

ExampleMeasure::Row ExampleMeasure::ValidPart(const float* probabilities, const uint8_t* support) {
  if (prefix_) return {probabilities, support};
  for (size_t i = 0; i < valid_keys_.size(); ++i) {
    gathered_probabilities_[i] = probabilities[valid_keys_[i]];
    gathered_support_[i] = support[valid_keys_[i]];
  }
  return {gathered_probabilities_.data(), gathered_support_.data()};
}

void ExampleMeasure::CountSupport(const uint8_t* support, size_t head, size_t target, HeadTotals& totals) {
  const size_t n = valid_keys_.size();
  uint32_t* const in_degrees = in_degrees_.data() + head * n;
  uint32_t degree = 0;
  for (size_t i = 0; i < n; ++i) {
    degree += support[i];
    in_degrees[i] += support[i];
  }
  totals.out.Count(degree, target);
  totals.valid_pairs += n;
}

double ExampleMeasure::AddMass(const float* p, HeadTotals& totals) {
  const size_t n = valid_keys_.size();
  double sum = 0;
  float largest = 0;
  for (size_t i = 0; i < n; ++i) {
    sum += p[i];
    largest = std::max(largest, p[i]);
  }
  if (sum == 0) return kNoMass;  // not so for NaN, which goes on into the sums
  const double entropy = std::log(sum) - SumPLogP(p, n) / sum;
  for (size_t i = 0; i < n; ++i) mixture_[i] += p[i] / sum;
  ++totals.rows_with_mass;
  totals.entropy += entropy;
  totals.largest_weight += largest / sum;
  return entropy;
}

void ExampleMeasure::AddQuery(const ExampleMaps& maps, size_t query, size_t target, LayerTotals& totals) {
  std::fill(mixture_.begin(), mixture_.end(), 0);
  double entropies = 0, heads_with_mass = 0;
  for (size_t head = 0; head < maps.heads; ++head) {
    const size_t offset = (head * maps.queries + query) * maps.keys;
    const Row row = ValidPart(maps.probabilities + offset, maps.support + offset);
    CountSupport(row.support, head, target, totals.heads[head]);
    const double entropy = AddMass(row.probabilities, totals.heads[head]);
    if (entropy == kNoMass) continue;
    entropies += entropy;
    ++heads_with_mass;
  }
  if (heads_with_mass == 0) return;
  const double mixture_entropy = std::log(heads_with_mass) - SumPLogP(mixture_.data(), mixture_.size()) / heads_with_mass;
  const double diversity = mixture_entropy - entropies / heads_with_mass;
  totals.diversity += diversity < 0 ? 0 : diversity;  // rounding; NaN stays
  ++totals.rows_with_mass;
}

void ExampleMeasure::Add(const ExampleMaps& maps, size_t balance_k, LayerTotals& totals) {
  FindValidKeys(maps);
  const size_t valid_queries = std::count(maps.query_valid, maps.query_valid + maps.queries, 1);
  for (size_t query = 0; query < maps.queries; ++query) {
    if (maps.query_valid[query]) AddQuery(maps, query, std::min(balance_k, valid_keys_.size()), totals);
  }
  const size_t target = std::min(balance_k, valid_queries);
  for (size_t i = 0; i < in_degrees_.size(); ++i) totals.heads[i / valid_keys_.size()].in.Count(in_degrees_[i], target);
}

}  // namespace ablate::statistics
