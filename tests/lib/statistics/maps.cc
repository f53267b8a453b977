#include "tests/lib/statistics/maps.h"

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "lib/statistics/attention_statistics.h"

namespace ablate::statistics {
namespace {

Maps EmptyMaps(int64_t trials, int64_t examples, int64_t heads, int64_t queries, int64_t keys) {
  return {at::zeros({trials, examples, heads, queries, keys}, at::kFloat),
          at::zeros({trials, examples, heads, queries, keys}, at::kBool), at::zeros({trials, examples, queries}, at::kBool),
          at::zeros({trials, examples, keys}, at::kBool)};
}

// Flat views of one trial.
struct View {
  int64_t examples, heads, queries, keys;
  const float* probabilities;
  const bool* support;
  const bool* query_valid;
  const bool* key_valid;

  View(const Maps& maps, int64_t t)
      : examples(maps.probabilities.size(1)),
        heads(maps.probabilities.size(2)),
        queries(maps.probabilities.size(3)),
        keys(maps.probabilities.size(4)) {
    const int64_t size = examples * heads * queries * keys;
    probabilities = maps.probabilities.const_data_ptr<float>() + t * size;
    support = maps.support.const_data_ptr<bool>() + t * size;
    query_valid = maps.query_valid.const_data_ptr<bool>() + t * examples * queries;
    key_valid = maps.key_valid.const_data_ptr<bool>() + t * examples * keys;
  }
  int64_t At(int64_t b, int64_t h, int64_t q, int64_t k) const { return ((b * heads + h) * queries + q) * keys + k; }
  bool Valid(int64_t b, int64_t q, int64_t k) const { return query_valid[b * queries + q] && key_valid[b * keys + k]; }
};

// The row's pi over all keys, invalid ones 0; empty without mass.
std::vector<double> Pi(const View& v, int64_t b, int64_t h, int64_t q) {
  std::vector<double> pi(v.keys, 0);
  double sum = 0;
  for (int64_t k = 0; k < v.keys; ++k) {
    if (v.Valid(b, q, k)) pi[k] = v.probabilities[v.At(b, h, q, k)];
    sum += pi[k];
  }
  if (sum == 0) return {};
  for (double& p : pi) p /= sum;
  return pi;
}

double Entropy(const std::vector<double>& pi) {
  double entropy = 0;
  for (double p : pi) entropy -= p > 0 ? p * std::log(p) : 0;
  return entropy;
}

struct Degree {
  int64_t degree, target;
  bool is_long;  // of an example with at least twice as many keys as its target
};

// Of all valid rows, or of all valid columns.
std::vector<Degree> DegreesOf(const View& v, int64_t h, bool rows, int64_t balance_k) {
  std::vector<Degree> degrees;
  for (int64_t b = 0; b < v.examples; ++b) {
    const bool* const mine = rows ? v.query_valid + b * v.queries : v.key_valid + b * v.keys;
    const bool* const others = rows ? v.key_valid + b * v.keys : v.query_valid + b * v.queries;
    const int64_t count = rows ? v.queries : v.keys, other_count = rows ? v.keys : v.queries;
    const int64_t n = std::count(v.key_valid + b * v.keys, v.key_valid + (b + 1) * v.keys, true);
    const bool is_long = balance_k > 0 && n >= 2 * std::min(balance_k, n);
    for (int64_t i = 0; i < count; ++i) {
      if (!mine[i]) continue;
      int64_t degree = 0;
      for (int64_t j = 0; j < other_count; ++j) {
        const int64_t q = rows ? i : j, k = rows ? j : i;
        degree += v.Valid(b, q, k) && v.support[v.At(b, h, q, k)];
      }
      degrees.push_back({degree, std::min<int64_t>(balance_k, std::count(others, others + other_count, true)), is_long});
    }
  }
  return degrees;
}

double RegularShare(const std::vector<Degree>& degrees, bool balanced) {
  double sum = 0, regular = 0;
  for (const auto& [degree, target, is_long] : degrees) sum += degree;
  for (const auto& [degree, target, is_long] : degrees)
    regular += degree == (balanced ? target : std::llround(sum / degrees.size()));
  return regular / degrees.size();
}

void AddHead(AttentionStatistics& statistics, int64_t head, const std::string& name, double value) {
  HeadStatistic& entry = *statistics.add_head();
  entry.set_attention("encoder");
  entry.set_layer(0);
  entry.set_head(head);
  entry.set_statistic(name);
  entry.set_value(value);
}

void AddDegrees(AttentionStatistics& statistics, int64_t head, const std::string& direction,
                const std::vector<Degree>& degrees) {
  std::map<int64_t, uint64_t> counts;
  for (const auto& [degree, target, is_long] : degrees) ++counts[degree];
  DegreeDistribution& entry = *statistics.add_degrees();
  entry.set_attention("encoder");
  entry.set_layer(0);
  entry.set_head(head);
  entry.set_direction(direction);
  for (const auto& [degree, count] : counts) {
    entry.add_degree(degree);
    entry.add_count(count);
  }
}

// Of long examples alone; nothing where there are none.
void AddErrors(AttentionStatistics& statistics, int64_t head, const std::string& side, const std::vector<Degree>& degrees) {
  double count = 0, at = 0, near = 0, squares = 0;
  for (const auto& [degree, target, is_long] : degrees) {
    if (!is_long) continue;
    const double off = std::fabs(degree - target);
    ++count, at += off == 0, near += off <= 1, squares += off * off;
  }
  if (count == 0) return;
  AddHead(statistics, head, side + "_at_k", at / count);
  AddHead(statistics, head, side + "_near_k", near / count);
  AddHead(statistics, head, side + "_off_k", std::sqrt(squares / count));
}

void ReferenceHead(const View& v, int64_t h, uint32_t balance_k, AttentionStatistics& statistics) {
  double support = 0, pairs = 0, rows = 0, with_mass = 0, entropy = 0, largest = 0;
  for (int64_t b = 0; b < v.examples; ++b) {
    for (int64_t q = 0; q < v.queries; ++q) {
      if (!v.query_valid[b * v.queries + q]) continue;
      ++rows;
      for (int64_t k = 0; k < v.keys; ++k) {
        pairs += v.Valid(b, q, k);
        support += v.Valid(b, q, k) && v.support[v.At(b, h, q, k)];
      }
      const std::vector<double> pi = Pi(v, b, h, q);
      if (pi.empty()) continue;
      ++with_mass;
      entropy += Entropy(pi);
      largest += *std::max_element(pi.begin(), pi.end());
    }
  }
  const auto out = DegreesOf(v, h, true, balance_k), in = DegreesOf(v, h, false, balance_k);
  AddHead(statistics, h, "density", support / pairs);
  AddHead(statistics, h, "entropy", entropy / with_mass);
  AddHead(statistics, h, "k_regular_columns", RegularShare(in, balance_k > 0));
  AddHead(statistics, h, "k_regular_rows", RegularShare(out, balance_k > 0));
  AddHead(statistics, h, "largest_weight", largest / with_mass);
  AddHead(statistics, h, "rows_without_mass", 1 - with_mass / rows);
  AddHead(statistics, h, "support_size", support / rows);
  AddErrors(statistics, h, "rows", out);
  AddErrors(statistics, h, "columns", in);
  AddDegrees(statistics, h, "out", out);
  AddDegrees(statistics, h, "in", in);
}

double ReferenceDiversity(const View& v) {
  double sum = 0, rows = 0;
  for (int64_t b = 0; b < v.examples; ++b) {
    for (int64_t q = 0; q < v.queries; ++q) {
      std::vector<double> mixture(v.keys, 0);
      double heads = 0, entropies = 0;
      for (int64_t h = 0; h < v.heads; ++h) {
        const std::vector<double> pi = Pi(v, b, h, q);
        if (pi.empty()) continue;
        ++heads;
        entropies += Entropy(pi);
        for (int64_t k = 0; k < v.keys; ++k) mixture[k] += pi[k];
      }
      if (heads == 0) continue;
      for (double& p : mixture) p /= heads;
      ++rows;
      sum += Entropy(mixture) - entropies / heads;
    }
  }
  return sum / rows;
}

}  // namespace

Maps MapsOf(const std::vector<std::function<bool(int, int)>>& heads, int queries, int keys) {
  Maps maps = EmptyMaps(1, 1, static_cast<int64_t>(heads.size()), queries, keys);
  maps.query_valid.fill_(true);
  maps.key_valid.fill_(true);
  float* probabilities = maps.probabilities.mutable_data_ptr<float>();
  bool* support = maps.support.mutable_data_ptr<bool>();
  for (const auto& head : heads) {
    for (int q = 0; q < queries; ++q, probabilities += keys, support += keys) {
      int degree = 0;
      for (int k = 0; k < keys; ++k) degree += support[k] = head(q, k);
      for (int k = 0; k < keys; ++k) probabilities[k] = support[k] ? 1.0f / degree : 0.0f;
    }
  }
  return maps;
}

Maps RandomMaps(uint64_t seed, int trials, int examples, int heads, int queries, int keys) {
  std::mt19937_64 random(seed);
  const auto chance = [&](double p) { return std::uniform_real_distribution<double>()(random) < p; };
  Maps maps = EmptyMaps(trials, examples, heads, queries, keys);
  bool* const query_valid = maps.query_valid.mutable_data_ptr<bool>();
  bool* const key_valid = maps.key_valid.mutable_data_ptr<bool>();
  float* probabilities = maps.probabilities.mutable_data_ptr<float>();
  bool* support = maps.support.mutable_data_ptr<bool>();
  for (int64_t example = 0; example < int64_t{trials} * examples; ++example) {
    for (int q = 0; q < queries; ++q) query_valid[example * queries + q] = q == 0 || chance(0.8);
    for (int k = 0; k < keys; ++k) key_valid[example * keys + k] = k == 0 || chance(0.8);
    for (int row = 0; row < heads * queries; ++row, probabilities += keys, support += keys) {
      const bool without_mass = chance(0.1);
      if (!query_valid[example * queries + row % queries]) continue;
      for (int k = 0; k < keys; ++k) {
        support[k] = key_valid[example * keys + k] && !without_mass && chance(0.5);
        if (support[k]) probabilities[k] = std::exponential_distribution<float>()(random) + 1e-6f;
      }
    }
  }
  return maps;
}

Maps OnlyTrial(const Maps& maps, int trial) {
  const auto only = [&](const at::Tensor& tensor) { return tensor.narrow(0, trial, 1).contiguous(); };
  return {only(maps.probabilities), only(maps.support), only(maps.query_valid), only(maps.key_valid)};
}

Maps OnlyExamples(const Maps& maps, int first, int count) {
  const auto only = [&](const at::Tensor& tensor) { return tensor.narrow(1, first, count); };
  return {only(maps.probabilities), only(maps.support), only(maps.query_valid), only(maps.key_valid)};
}

AttentionStatistics Measure(const Maps& maps, const std::vector<Trial>& trials, int trial) {
  AttentionStatisticsAccumulator accumulator(trials, "encoder", 1, static_cast<int>(maps.probabilities.size(2)));
  const absl::Status status = accumulator.Add(0, maps.probabilities, maps.support, maps.query_valid, maps.key_valid);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return accumulator.Result(trial);
}

Trial WithBalance(uint32_t k) {
  Trial trial;
  trial.mutable_attention()->mutable_balance()->set_k(k);
  return trial;
}

double Value(const AttentionStatistics& statistics, const std::string& name, int head) {
  for (const HeadStatistic& entry : statistics.head()) {
    if (entry.statistic() == name && entry.head() == static_cast<uint32_t>(head)) return entry.value();
  }
  for (const LayerStatistic& entry : statistics.layer()) {
    if (entry.statistic() == name) return entry.value();
  }
  ADD_FAILURE() << "no statistic " << name << " for head " << head;
  return 0;
}

std::vector<uint64_t> DegreeCounts(const AttentionStatistics& statistics, const std::string& direction, int head) {
  std::vector<uint64_t> counts;
  for (const DegreeDistribution& entry : statistics.degrees()) {
    if (entry.direction() != direction || entry.head() != static_cast<uint32_t>(head)) continue;
    for (int i = 0; i < entry.degree_size(); ++i) {
      EXPECT_GE(entry.degree(i), counts.size()) << "degrees must ascend";
      EXPECT_GT(entry.count(i), 0u);
      counts.resize(entry.degree(i) + 1, 0);
      counts.back() = entry.count(i);
    }
  }
  return counts;
}

AttentionStatistics Reference(const Maps& maps, int trial, uint32_t balance_k) {
  const View v(maps, trial);
  AttentionStatistics statistics;
  for (int64_t h = 0; h < v.heads; ++h) ReferenceHead(v, h, balance_k, statistics);
  LayerStatistic& diversity = *statistics.add_layer();
  diversity.set_attention("encoder");
  diversity.set_layer(0);
  diversity.set_statistic("js_diversity");
  diversity.set_value(ReferenceDiversity(v));
  return statistics;
}

void ExpectEqualStatistics(const AttentionStatistics& a, const AttentionStatistics& b, double tolerance) {
  ASSERT_EQ(a.head_size(), b.head_size());
  for (int i = 0; i < a.head_size(); ++i) {
    const std::string name = a.head(i).statistic() + " of head " + std::to_string(a.head(i).head());
    EXPECT_EQ(a.head(i).statistic(), b.head(i).statistic());
    EXPECT_EQ(a.head(i).head(), b.head(i).head());
    EXPECT_NEAR(a.head(i).value(), b.head(i).value(), tolerance) << name;
  }
  ASSERT_EQ(a.degrees_size(), b.degrees_size());
  for (int i = 0; i < a.degrees_size(); ++i) {
    EXPECT_EQ(a.degrees(i).SerializeAsString(), b.degrees(i).SerializeAsString())
        << a.degrees(i).DebugString() << b.degrees(i).DebugString();
  }
  ASSERT_EQ(a.layer_size(), b.layer_size());
  for (int i = 0; i < a.layer_size(); ++i) EXPECT_NEAR(a.layer(i).value(), b.layer(i).value(), tolerance);
}

}  // namespace ablate::statistics
