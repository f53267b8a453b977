// Value zeroing (Mohebbi, Zuidema, Chrupala, Alishahi 2023, "Quantifying Context Mixing in Transformers", arXiv:2301.12971).
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "lib/attribution/subject.h"

namespace ablate::attribution {

// Of each layer [n, n]: cosine distance between token i's state behind the layer and the same without token j's value vectors,
// in all heads of that layer alone, over the sum of row i. A row of zeros: nothing changes the token.
absl::StatusOr<std::vector<Values>> ValueZeroing(const Subject& subject);

// The layers' matrices multiplied, the first at the right: rows sum to 1, where those of zeros count as attending themselves.
Values RolledOut(std::vector<Values> layers, int64_t n);

}  // namespace ablate::attribution
