// The K-regular graph of queries and keys that has the highest sum of scores, for one attention map, by loops over memory.
// Torch-free.
//
// It is a transportation problem with capacities 1: its dual gives each key an offset v and each query a threshold u such that
// the graph is { z - v > u }. That is why offsets of keys and scales of queries can make the support of a sparse normalizer
// regular. Solved by successive shortest paths (Tomizawa 1971, Edmonds, Karp 1972) from a start that alternates between rows
// and columns as Sinkhorn's algorithm does, with order statistics in the place of sums.
#pragma once

#include <cstdint>
#include <vector>

namespace ablate::attention {

struct GraphRequest {
  int64_t queries = 0, keys = 0;
  int64_t k = 1;        // a query's target is min(k, its pairs that are not masked), a key's likewise
  bool columns = true;  // false: keys may be attended by any number of queries
  int64_t rounds = 8;   // alternations before paths are sought
  bool solve = true;    // false: no paths are sought, so that queries have their targets and keys may be off
};

// Keeps its memory between maps.
class RegularGraph {
 public:
  // scores [queries, keys], -inf = masked. Where no graph has all degrees, queries have theirs, and keys are as near to theirs
  // as paths bring them. Ties go to the lower key. Whether all degrees are met.
  bool Find(const double* scores, const GraphRequest& request);

  bool Has(int64_t query, int64_t key) const { return graph_[query * request_.keys + key] != 0; }
  const std::vector<uint8_t>& graph() const { return graph_; }     // [queries, keys], 1 = there
  const std::vector<double>& offsets() const { return offsets_; }  // v [keys]
  const std::vector<double>& thresholds() const {
    return thresholds_;
  }  // u [queries]: midway between the lowest score less
     // offset in the graph and the highest one outside

 private:
  double Reduced(int64_t query, int64_t key) const { return scores_[query * request_.keys + key] - offsets_[key]; }
  bool IsMasked(int64_t query, int64_t key) const;
  void CountTargets();
  void SetThresholdsByRank();
  void SetOffsetsByRank();
  void KeepHighestOfRows();
  bool Augment();
  void Expand(int64_t node);
  void MovePrices(double distance);
  void Centre();
  double CentreThresholds();  // smallest margin over mean margin
  void CentreOffsets();

  GraphRequest request_;
  const double* scores_ = nullptr;
  std::vector<int64_t> row_targets_, column_targets_, in_degrees_;
  std::vector<uint8_t> graph_;
  std::vector<double> offsets_, thresholds_;
  std::vector<double> values_;  // of one row or column
  // Of the search, keys first, then queries.
  std::vector<double> distances_;
  std::vector<int64_t> parents_;
  std::vector<uint8_t> settled_;
};

}  // namespace ablate::attention
