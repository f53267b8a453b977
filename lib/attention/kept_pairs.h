// Which query-key pairs of one attention map stay under imposed sparsity, by loops over memory. Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/random/philox.h"
#include "proto/trial.pb.h"

namespace ablate::attention {

// Keys are counted in so many bits of a random number's address: at most 8192 of them.
inline constexpr int kKeyBits = 13;

struct MapShape {
  int64_t queries;
  int64_t keys;
  int64_t first_query = 0;  // the first query's place in its sequence
};

// How many of n stay at a level, which is a share of `basis`: clamp(ceil((1 - level) basis - 1e-6), 1, n); 0 of 0. Without the
// 1e-6 a level of .7, whose rest is a little above .3, would keep 4 of 10.
int64_t KeptCount(double level, int64_t basis, int64_t n);

// Keeps its scratch memory between maps.
class PairKeeper {
 public:
  // `settings` with level, threshold, mass and n as they are in force; the structure NONE keeps all.
  explicit PairKeeper(const Sparsity& settings) : settings_(settings) {}

  // scores [queries, keys], -inf = masked. keep likewise, overwritten: 1 = stays; masked pairs never do. Chance draws for a
  // pair the number first + (place of the query << kKeyBits) + key.
  void Keep(const double* scores, MapShape shape, const random::Numbers& numbers, uint64_t first, uint8_t* keep);

 private:
  bool IsProtected(int64_t query, int64_t key) const;
  double Priority(const double* scores, int64_t query, int64_t key) const;
  int64_t CountOf(int64_t basis) const;
  void KeepHighest(int64_t count, uint8_t* keep);
  void KeepOfRow(const double* scores, int64_t query, int64_t keys, uint8_t* keep);
  void KeepByMass(const double* scores, int64_t query, uint8_t* keep);
  void KeepOfGroups(const double* scores, int64_t query, int64_t keys, uint8_t* keep);
  void KeepByChance(int64_t query, uint8_t* keep) const;
  void KeepOfMap(const double* scores, MapShape shape, uint8_t* keep);
  void KeepBlocks(const double* scores, MapShape shape, uint8_t* keep);
  void FindBlocks(const double* scores, MapShape shape, int64_t first_query);

  Sparsity settings_;
  std::vector<int64_t> candidates_;  // unmasked keys of a row; pairs of a map; blocks of a row of blocks
  std::vector<double> priorities_;   // by the same numbers; the highest stay
  std::vector<uint32_t> bits_;       // of a row
  std::vector<uint8_t> chosen_;      // blocks
};

}  // namespace ablate::attention
