// Which keys of a row are its highest: for top-k softmax, imposed sparsity, and balance. Equal scores rank by key, lowest first, and
// -0 equals 0; a NaN ranks highest, so that it is not hidden. Masked keys (-inf) have no rank.
#pragma once

#include <cstdint>
#include <vector>

namespace ablate::kernels {

template <class Real>
class RankedKeys {
 public:
  // keys: the longest row.
  explicit RankedKeys(int64_t keys);

  // Reads a row: scores[i * stride] for i below `keys`.
  void Read(const Real* scores, int64_t keys, int64_t stride = 1);

  // Unmasked keys of the row.
  int64_t count() const { return static_cast<int64_t>(entries_.size()); }

  // The key of the given rank: 1 is the highest score. 1 <= rank <= count().
  int64_t KeyAt(int64_t rank);

  // Sets all but the `kept` highest of the row just read, which must lie without a stride, to -inf.
  void KeepHighest(int64_t kept, Real* scores);

 private:
  struct Entry {
    uint64_t order;  // greater where the score is greater
    int64_t key;
    bool operator<(const Entry& other) const { return order != other.order ? order > other.order : key < other.key; }
  };
  std::vector<Entry> entries_;
};

extern template class RankedKeys<float>;
extern template class RankedKeys<double>;

}  // namespace ablate::kernels
