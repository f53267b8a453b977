// What is summed up for one head, and for one layer, of one trial.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/statistics/regularity.h"
#include "proto/event.pb.h"

namespace ablate::statistics {

// Where a head stands, as events name it.
struct HeadName {
  std::string attention;
  int layer = 0;
  int head = 0;
};

// How many rows or columns have each degree, and how many have the degree that balance asks for.
class Degrees {
 public:
  void Count(size_t degree, size_t target);
  uint64_t total() const { return total_; }
  uint64_t sum() const;                     // of all degrees
  double MeanDegree() const;                // total() > 0
  double RegularShare(bool targets) const;  // at the targets, or at the rounded mean degree; total() > 0
  void Write(DegreeDistribution& distribution) const;

 private:
  std::vector<uint64_t> counts_;  // by degree
  uint64_t total_ = 0;
  uint64_t regular_ = 0;
};

struct HeadTotals {
  Degrees out;                           // of rows
  Degrees in;                            // of columns
  DegreeErrors long_rows, long_columns;  // of long examples, where balance asks for degrees
  uint64_t valid_pairs = 0;
  uint64_t rows_with_mass = 0;
  double entropy = 0;
  double largest_weight = 0;

  // Appends the head's statistics and distributions; `balanced`: degrees were counted against targets.
  void Write(const HeadName& name, bool balanced, AttentionStatistics& statistics) const;
};

struct LayerTotals {
  std::vector<HeadTotals> heads;
  uint64_t rows_with_mass = 0;
  double diversity = 0;
};

}  // namespace ablate::statistics
