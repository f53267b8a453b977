#include "lib/statistics/full/dense_maps.h"

#include <cmath>
#include <numeric>

namespace ablate::statistics {
namespace {

std::vector<size_t> Places(const uint8_t* valid, size_t count) {
  std::vector<size_t> places;
  for (size_t i = 0; i < count; ++i) {
    if (valid[i]) places.push_back(i);
  }
  return places;
}

}  // namespace

DenseMaps WithoutPadding(const ExampleMaps& maps) {
  DenseMaps dense;
  dense.heads = maps.heads;
  dense.query_places = Places(maps.query_valid, maps.queries);
  dense.key_places = Places(maps.key_valid, maps.keys);
  for (size_t head = 0; head < maps.heads; ++head) {
    for (const size_t query : dense.query_places) {
      const size_t row = (head * maps.queries + query) * maps.keys;
      double mass = 0;
      for (const size_t key : dense.key_places) mass += maps.probabilities[row + key];
      for (const size_t key : dense.key_places) {
        dense.pi.push_back(mass == 0 ? 0 : maps.probabilities[row + key] / mass);
        dense.support.push_back(maps.support[row + key]);
      }
    }
  }
  return dense;
}

double Mass(const double* row, size_t columns) { return std::accumulate(row, row + columns, 0.0); }

double Entropy(const double* row, size_t columns) {
  double entropy = 0;
  for (size_t i = 0; i < columns; ++i) entropy -= row[i] > 0 ? row[i] * std::log(row[i]) : 0;
  return entropy;
}

}  // namespace ablate::statistics
