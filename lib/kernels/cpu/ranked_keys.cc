#include "lib/kernels/cpu/ranked_keys.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>

namespace ablate::kernels {
namespace {

// The number's bits as an integer of the same order. NaN, whose comparisons would break sorting, becomes the greatest.
template <class Integer, class Real>
Integer Order(Real score) {
  const Real whole = score + Real(0);  // -0 becomes 0
  Integer bits;
  std::memcpy(&bits, &whole, sizeof bits);
  constexpr Integer kSign = Integer{1} << (8 * sizeof(Integer) - 1);
  const Integer ordered = bits & kSign ? ~bits : bits | kSign;
  return score == score ? ordered : std::numeric_limits<Integer>::max();
}

NarrowEntry MakeEntry(float score, int64_t key) {
  return {uint64_t{Order<uint32_t>(score)} << 32 | (UINT32_MAX - static_cast<uint64_t>(key))};
}
WideEntry MakeEntry(double score, int64_t key) { return {Order<uint64_t>(score), key}; }

}  // namespace

template <class Real>
void RankedKeys<Real>::Read(const Real* scores, int64_t keys, int64_t stride) {
  count_ = 0;
  for (int64_t key = 0; key < keys; ++key) {
    const Real score = scores[key * stride];
    entries_[count_] = MakeEntry(score, key);
    count_ += score != -std::numeric_limits<Real>::infinity();
  }
}

template <class Real>
int64_t RankedKeys<Real>::KeyAt(int64_t rank) {
  std::nth_element(entries_.begin(), entries_.begin() + (rank - 1), entries_.begin() + count_, std::greater<>());
  return entries_[rank - 1].key();
}

template <class Real>
int64_t RankedKeys<Real>::KeyAfter(int64_t rank) const {
  return std::min_element(entries_.begin() + rank, entries_.begin() + count_, std::greater<>())->key();
}

template <class Real>
void RankedKeys<Real>::KeepHighest(int64_t kept, Real* scores) {
  if (kept >= count_) return;
  if (kept > 0) KeyAt(kept);
  for (int64_t i = kept; i < count_; ++i) scores[entries_[i].key()] = -std::numeric_limits<Real>::infinity();
}

template class RankedKeys<float>;
template class RankedKeys<double>;

}  // namespace ablate::kernels
