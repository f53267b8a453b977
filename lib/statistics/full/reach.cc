#include "lib/statistics/full/reach.h"

#include <bitset>

namespace ablate::statistics {
namespace {

constexpr size_t kBits = 64;

}  // namespace

void Reach::Add(const DenseMaps& maps) {
  if (reached_.empty()) {
    tokens_ = maps.rows();
    reached_.assign(tokens_, std::vector<uint64_t>((tokens_ + kBits - 1) / kBits, 0));
    for (size_t i = 0; i < tokens_; ++i) reached_[i][i / kBits] |= uint64_t{1} << i % kBits;
  }
  const std::vector<std::vector<uint64_t>> before = reached_;
  for (size_t head = 0; head < maps.heads; ++head) {
    const uint8_t* support = maps.Support(head);
    for (size_t row = 0; row < tokens_; ++row) {
      for (size_t key = 0; key < tokens_; ++key, ++support) {
        if (!*support) continue;
        for (size_t word = 0; word < before[key].size(); ++word) reached_[row][word] |= before[key][word];
      }
    }
  }
}

double Reach::Share() const {
  size_t pairs = 0;
  for (const std::vector<uint64_t>& words : reached_) {
    for (const uint64_t word : words) pairs += std::bitset<kBits>(word).count();
  }
  return static_cast<double>(pairs) / static_cast<double>(tokens_ * tokens_);
}

}  // namespace ablate::statistics
