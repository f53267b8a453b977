#include "lib/attention/regular_graph.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace ablate::attention {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Offsets that a search ends with leave some pairs no margin to their thresholds. Rounds that set each threshold and offset
// midway spread margins from neighbour to neighbour; enough when the smallest is this share of the mean one.
constexpr int kMostCentringRounds = 64;
constexpr double kLeastMarginShare = 1e-3;

// Where all n values stay, the threshold lies below the lowest one: so far that sparsemax gives that one .4 / n at least.
constexpr double kDenseShare = .4;

// Midway between the count-th highest of `values` and the next one; below the lowest where there is none. values not empty.
double BetweenRanks(std::vector<double>& values, int64_t count) {
  std::nth_element(values.begin(), values.begin() + (count - 1), values.end(), std::greater<>());
  const double inside = values[count - 1];
  if (count == static_cast<int64_t>(values.size())) return inside;
  const double outside = *std::max_element(values.begin() + count, values.end());
  return (inside + outside) / 2;
}

// What lies on both sides of the threshold of a row, or of the offset of a column.
struct Sides {
  double inside = kInfinity;    // the lowest in the graph
  double outside = -kInfinity;  // the highest that is not
  double sum = 0;               // of those in the graph
  int64_t count = 0;

  double Middle() const {
    if (count == 0) return outside;
    if (outside != -kInfinity) return (inside + outside) / 2;
    const double n = static_cast<double>(count), spread = sum / n - inside;
    return inside - std::max(kDenseShare / (1 - kDenseShare) * spread, kDenseShare / n);
  }
};

template <class Value, class Has>
Sides SidesOf(int64_t count, Value value, Has has) {
  Sides sides;
  for (int64_t i = 0; i < count; ++i) {
    const double x = value(i);
    if (has(i)) {
      sides.inside = std::min(sides.inside, x), sides.sum += x, ++sides.count;
    } else {
      sides.outside = std::max(sides.outside, x);
    }
  }
  return sides;
}

}  // namespace

bool RegularGraph::IsMasked(int64_t query, int64_t key) const { return scores_[query * request_.keys + key] == -kInfinity; }

bool RegularGraph::Find(const double* scores, const GraphRequest& request) {
  scores_ = scores, request_ = request;
  graph_.assign(request.queries * request.keys, 0);
  offsets_.assign(request.keys, 0);
  thresholds_.assign(request.queries, 0);
  CountTargets();
  for (int64_t round = 0; request.columns && round < request.rounds; ++round) {
    SetThresholdsByRank();
    SetOffsetsByRank();
  }
  SetThresholdsByRank();
  KeepHighestOfRows();
  while (request.columns && request.solve && Augment()) {
  }
  Centre();
  return !request.columns || in_degrees_ == column_targets_;
}

void RegularGraph::CountTargets() {
  row_targets_.assign(request_.queries, 0);
  column_targets_.assign(request_.keys, 0);
  for (int64_t query = 0; query < request_.queries; ++query) {
    for (int64_t key = 0; key < request_.keys; ++key) {
      const bool there = !IsMasked(query, key);
      row_targets_[query] += there, column_targets_[key] += there;
    }
  }
  for (int64_t& target : row_targets_) target = std::min(target, request_.k);
  for (int64_t& target : column_targets_) target = std::min(target, request_.k);
}

void RegularGraph::SetThresholdsByRank() {
  for (int64_t query = 0; query < request_.queries; ++query) {
    if (row_targets_[query] == 0) continue;
    values_.clear();
    for (int64_t key = 0; key < request_.keys; ++key) {
      if (!IsMasked(query, key)) values_.push_back(Reduced(query, key));
    }
    thresholds_[query] = BetweenRanks(values_, row_targets_[query]);
  }
}

void RegularGraph::SetOffsetsByRank() {
  for (int64_t key = 0; key < request_.keys; ++key) {
    if (column_targets_[key] == 0) continue;
    values_.clear();
    for (int64_t query = 0; query < request_.queries; ++query) {
      if (!IsMasked(query, key)) values_.push_back(scores_[query * request_.keys + key] - thresholds_[query]);
    }
    offsets_[key] = BetweenRanks(values_, column_targets_[key]);
  }
}

void RegularGraph::KeepHighestOfRows() {
  in_degrees_.assign(request_.keys, 0);
  std::vector<int64_t> order;
  for (int64_t query = 0; query < request_.queries; ++query) {
    order.clear();
    for (int64_t key = 0; key < request_.keys; ++key) {
      if (!IsMasked(query, key)) order.push_back(key);
    }
    const auto last = order.begin() + row_targets_[query];
    std::partial_sort(order.begin(), last, order.end(), [&](int64_t a, int64_t b) {
      const double x = Reduced(query, a), y = Reduced(query, b);
      return x != y ? x > y : a < b;
    });
    for (auto key = order.begin(); key != last; ++key) {
      graph_[query * request_.keys + *key] = 1;
      ++in_degrees_[*key];
    }
    // Below the lowest inside and not below the highest outside, exactly: lengths of edges must not be negative.
    if (last != order.begin()) thresholds_[query] = Reduced(query, *(last - 1));
  }
}

// Nodes: keys, then queries. From a key to the queries that attend it, from a query to the keys that it does not attend: along
// such a path one query after the other lets go of one key for the next one, and the loss of score is the path's length.
void RegularGraph::Expand(int64_t node) {
  const int64_t keys = request_.keys;
  const auto reach = [&](int64_t to, double length) {
    const double distance = distances_[node] + std::max(length, 0.);
    if (settled_[to] != 0 || distance >= distances_[to]) return;
    distances_[to] = distance;
    parents_[to] = node;
  };
  if (node < keys) {
    for (int64_t query = 0; query < request_.queries; ++query) {
      if (Has(query, node)) reach(keys + query, Reduced(query, node) - thresholds_[query]);
    }
    return;
  }
  const int64_t query = node - keys;
  for (int64_t key = 0; key < keys; ++key) {
    if (!Has(query, key) && !IsMasked(query, key)) reach(key, thresholds_[query] - Reduced(query, key));
  }
}

// One unit from a key that too many attend to the nearest one that too few do; false if there is no way.
bool RegularGraph::Augment() {
  const int64_t keys = request_.keys, nodes = keys + request_.queries;
  distances_.assign(nodes, kInfinity);
  parents_.assign(nodes, -1);
  settled_.assign(nodes, 0);
  for (int64_t key = 0; key < keys; ++key) {
    if (in_degrees_[key] > column_targets_[key]) distances_[key] = 0;
  }
  while (true) {
    int64_t nearest = -1;
    for (int64_t node = 0; node < nodes; ++node) {
      if (settled_[node] == 0 && distances_[node] < (nearest < 0 ? kInfinity : distances_[nearest])) nearest = node;
    }
    if (nearest < 0) return false;
    if (nearest >= keys || in_degrees_[nearest] >= column_targets_[nearest]) {
      settled_[nearest] = 1;
      Expand(nearest);
      continue;
    }
    MovePrices(distances_[nearest]);
    ++in_degrees_[nearest];
    int64_t key = nearest;
    while (parents_[key] >= 0) {
      const int64_t query = parents_[key] - keys, former = parents_[keys + query];
      graph_[query * keys + key] = 1;
      graph_[query * keys + former] = 0;
      key = former;
    }
    --in_degrees_[key];
    return true;
  }
}

void RegularGraph::MovePrices(double distance) {
  const int64_t keys = request_.keys;
  for (int64_t node = 0; node < keys + request_.queries; ++node) {
    if (settled_[node] == 0) continue;
    const double move = distance - distances_[node];
    (node < keys ? offsets_[node] : thresholds_[node - keys]) += node < keys ? move : -move;
  }
}

double RegularGraph::CentreThresholds() {
  double least = kInfinity, sum = 0;
  int64_t count = 0;
  for (int64_t query = 0; query < request_.queries; ++query) {
    if (row_targets_[query] == 0) continue;
    const Sides sides = SidesOf(
        request_.keys, [&](int64_t key) { return Reduced(query, key); }, [&](int64_t key) { return Has(query, key); });
    thresholds_[query] = sides.Middle();
    if (sides.outside == -kInfinity) continue;
    const double margin = (sides.inside - sides.outside) / 2;
    least = std::min(least, margin), sum += margin, ++count;
  }
  return count == 0 || sum <= 0 ? 1 : least / (sum / static_cast<double>(count));
}

void RegularGraph::CentreOffsets() {
  for (int64_t key = 0; key < request_.keys; ++key) {
    if (column_targets_[key] == 0) continue;
    offsets_[key] =
        SidesOf(
            request_.queries, [&](int64_t query) { return scores_[query * request_.keys + key] - thresholds_[query]; },
            [&](int64_t query) { return Has(query, key); })
            .Middle();
  }
}

void RegularGraph::Centre() {
  for (int round = 0; round < kMostCentringRounds; ++round) {
    if (CentreThresholds() >= kLeastMarginShare || !request_.columns || !request_.solve) return;
    CentreOffsets();
  }
  CentreThresholds();
}

}  // namespace ablate::attention
