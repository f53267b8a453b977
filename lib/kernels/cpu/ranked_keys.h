// Which keys of a row are its highest: for top-k softmax, imposed sparsity, and balance. Equal scores rank by key, lowest
// first, and -0 equals 0; a NaN ranks highest, so that it is not hidden. Masked keys (-inf) have no rank. One row at a time, in
// any type and with any stride, and tells keys; rows of finite floats that only need their highest kept are top_k_rows.h's.
#pragma once

#include <cstdint>
#include <vector>

namespace ablate::kernels {

// A key with its score as an integer that is greater where the score is.
struct WideEntry {
  uint64_t order;
  int64_t index;
  int64_t key() const { return index; }
  bool operator>(const WideEntry& other) const { return order != other.order ? order > other.order : index < other.index; }
};

// The same for float in one number: the order above, the complement of the key below. Half the time of WideEntry.
struct NarrowEntry {
  uint64_t bits;
  int64_t key() const { return UINT32_MAX - (bits & UINT32_MAX); }
  bool operator>(const NarrowEntry& other) const { return bits > other.bits; }
};

template <class Real>
struct EntryOf;
template <>
struct EntryOf<float> {
  using Type = NarrowEntry;
};
template <>
struct EntryOf<double> {
  using Type = WideEntry;
};

template <class Real>
class RankedKeys {
 public:
  // keys: the longest row, below 2^32.
  explicit RankedKeys(int64_t keys) : entries_(keys) {}

  // Reads a row: scores[i * stride] for i below `keys`.
  void Read(const Real* scores, int64_t keys, int64_t stride = 1);

  // Unmasked keys of the row.
  int64_t count() const { return count_; }

  // The key of the given rank: 1 is the highest score. 1 <= rank <= count().
  int64_t KeyAt(int64_t rank);

  // The key of the next rank, after KeyAt(rank) and rank < count().
  int64_t KeyAfter(int64_t rank) const;

  // Sets all but the `kept` highest of the row just read, which must lie without a stride, to -inf.
  void KeepHighest(int64_t kept, Real* scores);

 private:
  std::vector<typename EntryOf<Real>::Type> entries_;
  int64_t count_ = 0;
};

extern template class RankedKeys<float>;
extern template class RankedKeys<double>;

}  // namespace ablate::kernels
