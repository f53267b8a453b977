// How near degrees are to the ones that balance asks for. Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>

#include "proto/event.pb.h"
#include "proto/trial.pb.h"

namespace ablate::statistics {

// What balance asks of an example.
struct DegreeTargets {
  size_t rows = 0;       // keys that a query is to attend; 0: nothing is asked
  size_t columns = 0;    // queries that are to attend a key
  bool is_long = false;  // at least twice as many tokens as K: there K-regular is not nearly dense
};

// Of an example with so many valid queries and keys.
DegreeTargets TargetsOf(const Balance& balance, size_t queries, size_t keys);

// Rows or columns of long examples, held against their targets.
class DegreeErrors {
 public:
  void Count(size_t degree, size_t target);
  uint64_t total() const { return total_; }

  // Appends {prefix}_at_k, {prefix}_near_k and {prefix}_off_k, of the head that `head` names. total() > 0.
  void Write(const char* prefix, const HeadStatistic& head, AttentionStatistics& statistics) const;

 private:
  uint64_t total_ = 0, exact_ = 0, near_ = 0, squares_ = 0;
};

}  // namespace ablate::statistics
