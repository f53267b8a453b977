#include "lib/spec/draws.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace ablate::spec {
namespace {

TEST(Draws, MorePointsLeaveTheFirstOnes) {
  for (const bool quasi_random : {false, true}) {
    const std::vector<double> few = DrawShares({7, quasi_random, 10}, 2), many = DrawShares({7, quasi_random, 100}, 2);
    EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
  }
}

TEST(Draws, SeedsAndAxesDiffer) {
  for (const bool quasi_random : {false, true}) {
    std::set<double> first;
    for (uint64_t seed : {0, 1, 2}) {
      for (int axis : {0, 1, 2}) first.insert(DrawShares({seed, quasi_random, 1}, axis)[0]);
    }
    EXPECT_EQ(first.size(), 9u);
  }
}

// A shifted van der Corput sequence in base b has exactly one of its first b^m points in each of b^m equal cells, up to the
// cells that the shift cuts: none gets more than 2. Independent draws don't do that.
TEST(Draws, HaltonPointsSpreadEvenly) {
  const int bases[] = {2, 3, 5}, counts[] = {1024, 729, 625};
  for (int axis = 0; axis < 3; ++axis) {
    const std::vector<double> shares = DrawShares({3, true, static_cast<uint32_t>(counts[axis])}, axis);
    std::vector<int> cells(counts[axis], 0);
    for (double share : shares) {
      ASSERT_GE(share, 0);
      ASSERT_LT(share, 1);
      ++cells[static_cast<size_t>(share * counts[axis])];
    }
    EXPECT_LE(*std::max_element(cells.begin(), cells.end()), 2) << "base " << bases[axis];
  }
  const std::vector<double> independent = DrawShares({3, false, 1024}, 0);
  std::vector<int> cells(1024, 0);
  for (double share : independent) ++cells[static_cast<size_t>(share * 1024)];
  EXPECT_GT(*std::max_element(cells.begin(), cells.end()), 2);
}

// The pair of axes 0 and 1 fills the square: each of the 6 x 6 boxes of 2^a 3^b cells gets its share of 36 x 20 points, give or
// take the boxes' borders.
TEST(Draws, HaltonAxesAreNotCorrelated) {
  const uint32_t points = 720;
  const std::vector<double> x = DrawShares({5, true, points}, 0), y = DrawShares({5, true, points}, 1);
  std::vector<int> boxes(36, 0);
  for (uint32_t i = 0; i < points; ++i) ++boxes[static_cast<int>(x[i] * 6) * 6 + static_cast<int>(y[i] * 6)];
  for (int count : boxes) EXPECT_NEAR(count, 20, 8);
}

}  // namespace
}  // namespace ablate::spec
