// What a merge of two results databases has brought.
#pragma once

#include <cstdint>

namespace ablate::store {

struct MergeReport {
  int64_t experiments = 0, trials = 0;  // that were new
  int64_t same_trials = 0;              // that both had
  int64_t launches = 0, attempts = 0, points = 0;
};

}  // namespace ablate::store
