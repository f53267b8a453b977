#include "lib/random/permutation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

namespace ablate::random {
namespace {

std::vector<uint64_t> Order(uint64_t seed, uint64_t n) {
  const Permutation permutation(Numbers(seed, Stream::kExampleOrder), n);
  std::vector<uint64_t> order(n);
  for (uint64_t i = 0; i < n; ++i) order[i] = permutation(i);
  return order;
}

TEST(PermutationTest, IsABijection) {
  for (uint64_t n : {1u, 2u, 3u, 4u, 5u, 16u, 17u, 31u, 255u, 256u, 257u, 4097u}) {
    std::vector<bool> seen(n, false);
    for (uint64_t value : Order(n, n)) {
      ASSERT_LT(value, n);
      ASSERT_FALSE(seen[value]) << value << " twice in a permutation of " << n;
      seen[value] = true;
    }
  }
}

// Stored results hang on the order of examples: it may never change.
TEST(PermutationTest, Golden) {
  const Permutation permutation(Numbers(1, Stream::kExampleOrder, 2), 10);
  const uint64_t expected[] = {2, 5, 0, 6, 4, 3, 7, 8, 1, 9};
  for (uint64_t i = 0; i < 10; ++i) EXPECT_EQ(permutation(i), expected[i]);
}

TEST(PermutationTest, LargeRange) {
  const uint64_t n = (uint64_t{1} << 40) + 12345;
  const Permutation permutation(Numbers(3, Stream::kExampleOrder), n);
  std::map<uint64_t, int> seen;
  for (uint64_t i = 0; i < 1000; ++i) ++seen[permutation(i)];
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_LT(seen.rbegin()->first, n);
  EXPECT_GT(seen.rbegin()->first, n / 2);  // fails for a right one with probability 2^-1000
}

// 5 standard deviations of a chi-square with d degrees of freedom (mean d, variance 2d); draws are fixed.
void ExpectEven(const std::map<std::vector<uint64_t>, int>& counts, int draws, int cells) {
  double chi_square = draws / static_cast<double>(cells) * (cells - static_cast<int>(counts.size()));
  for (const auto& [cell, count] : counts) {
    chi_square += std::pow(count - draws / static_cast<double>(cells), 2) / (draws / static_cast<double>(cells));
  }
  EXPECT_NEAR(chi_square, cells - 1, 5 * std::sqrt(2.0 * (cells - 1)));
}

TEST(PermutationTest, SmallOrdersAreEven) {
  std::map<std::vector<uint64_t>, int> counts;
  for (uint64_t seed = 0; seed < 60000; ++seed) ++counts[Order(seed, 5)];
  ExpectEven(counts, 60000, 120);
}

TEST(PermutationTest, FirstTwoPlacesAreEven) {
  std::map<std::vector<uint64_t>, int> counts;
  for (uint64_t seed = 0; seed < 20000; ++seed) {
    const Permutation permutation(Numbers(seed, Stream::kExampleOrder), 20);
    ++counts[{permutation(0), permutation(1)}];
  }
  ExpectEven(counts, 20000, 380);
}

}  // namespace
}  // namespace ablate::random
