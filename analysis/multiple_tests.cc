#include "analysis/multiple_tests.h"

#include <algorithm>
#include <cmath>

namespace ablate::analysis {
namespace {

// Indices of the p that are numbers, the smallest first.
std::vector<size_t> Ascending(const std::vector<double>& p) {
  std::vector<size_t> order;
  for (size_t i = 0; i < p.size(); ++i) {
    if (!std::isnan(p[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  return order;
}

}  // namespace

std::vector<double> Holm(const std::vector<double>& p) {
  const std::vector<size_t> order = Ascending(p);
  std::vector<double> corrected = p;
  double largest = 0;
  for (size_t place = 0; place < order.size(); ++place) {
    largest = std::max(largest, std::min((order.size() - place) * p[order[place]], 1.0));
    corrected[order[place]] = largest;
  }
  return corrected;
}

std::vector<double> BenjaminiHochberg(const std::vector<double>& p) {
  const std::vector<size_t> order = Ascending(p);
  std::vector<double> corrected = p;
  double smallest = 1;
  for (size_t place = order.size(); place > 0; --place) {
    smallest = std::min(smallest, p[order[place - 1]] * order.size() / place);
    corrected[order[place - 1]] = smallest;
  }
  return corrected;
}

}  // namespace ablate::analysis
