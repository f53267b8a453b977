#include "lib/kernels/cpu/ranked_keys.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace ablate::kernels {
namespace {

// Integers in the order of the numbers, in which NaN is an ordinary value: sorting with a NaN is undefined otherwise.
template <class Real>
uint64_t Order(Real score) {
  if (score != score) return std::numeric_limits<uint64_t>::max();
  const double wide = static_cast<double>(score) + 0.;  // -0 becomes 0
  uint64_t bits;
  std::memcpy(&bits, &wide, sizeof bits);
  constexpr uint64_t kSign = uint64_t{1} << 63;
  return bits & kSign ? ~bits : bits | kSign;
}

}  // namespace

template <class Real>
RankedKeys<Real>::RankedKeys(int64_t keys) {
  entries_.reserve(keys);
}

template <class Real>
void RankedKeys<Real>::Read(const Real* scores, int64_t keys, int64_t stride) {
  entries_.clear();
  for (int64_t key = 0; key < keys; ++key) {
    const Real score = scores[key * stride];
    if (score != -std::numeric_limits<Real>::infinity()) entries_.push_back({Order(score), key});
  }
}

template <class Real>
int64_t RankedKeys<Real>::KeyAt(int64_t rank) {
  std::nth_element(entries_.begin(), entries_.begin() + (rank - 1), entries_.end());
  return entries_[rank - 1].key;
}

template <class Real>
void RankedKeys<Real>::KeepHighest(int64_t kept, Real* scores) {
  if (kept >= count()) return;
  if (kept > 0) KeyAt(kept);
  for (int64_t i = kept; i < count(); ++i) scores[entries_[i].key] = -std::numeric_limits<Real>::infinity();
}

template class RankedKeys<float>;
template class RankedKeys<double>;

}  // namespace ablate::kernels
