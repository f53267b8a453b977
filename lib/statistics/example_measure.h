// One pass over the attention maps of one example: plain loops over memory, no tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/statistics/head_totals.h"
#include "lib/statistics/regularity.h"
#include "proto/trial.pb.h"

namespace ablate::statistics {

// The maps of one example: [H, Q, K], contiguous; flags are 0 or 1.
struct ExampleMaps {
  const float* probabilities;
  const uint8_t* support;
  const uint8_t* query_valid;  // [Q]
  const uint8_t* key_valid;    // [K]
  size_t heads, queries, keys;
};

// Adds examples to a layer's totals; keeps its scratch memory between calls.
class ExampleMeasure {
 public:
  void Add(const ExampleMaps& maps, const Balance& balance, LayerTotals& totals);

 private:
  static constexpr double kNoMass = -1;  // no entropy
  void FindValidKeys(const ExampleMaps& maps);
  void CountSupport(const uint8_t* support, size_t head, const DegreeTargets& targets, HeadTotals& totals);
  double AddMass(const float* probabilities, HeadTotals& totals);  // the row's entropy, or kNoMass
  void AddQuery(const ExampleMaps& maps, size_t query, const DegreeTargets& targets, LayerTotals& totals);

  std::vector<size_t> valid_keys_;
  bool prefix_ = false;               // the valid keys are the first ones
  std::vector<double> row_;           // [PaddedRow(valid keys)]: one row's weights
  std::vector<uint8_t> support_;      // [valid keys]: its support, where it has to be gathered
  std::vector<double> mixture_;       // likewise: sum over heads of pi
  std::vector<uint32_t> in_degrees_;  // [H, valid keys]
};

}  // namespace ablate::statistics
