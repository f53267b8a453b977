#include "lib/random/philox.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace ablate::random {
namespace {

using Words = std::array<uint32_t, 4>;

// kat_vectors of the Random123 library, rows "philox4x32 10".
TEST(PhiloxTest, PublishedKnownAnswers) {
  EXPECT_EQ(Philox(0, {0, 0, 0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox(0xffffffffffffffff, {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox(0x299f31d0a4093822, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// The numbers of stored results depend on how coordinates become counters: these must never change.
TEST(NumbersTest, CoordinatesToCounters) {
  const Numbers numbers(0x1122334455667788, Stream::kDropout, 0x00abcdef01234567);
  const Words first = Philox(0x1122334455667788, {0, 0, 0x01234567, 0x03abcdef});
  const Words later = Philox(0x1122334455667788, {0x2, 0x40000000, 0x01234567, 0x03abcdef});
  for (uint64_t word = 0; word < 4; ++word) {
    EXPECT_EQ(numbers.Bits(word), first[word]);
    EXPECT_EQ(numbers.Bits(8 + word), Philox(0x1122334455667788, {2, 0, 0x01234567, 0x03abcdef})[word]);
  }
  EXPECT_EQ(numbers.Uniform(1), static_cast<double>((uint64_t{first[3]} << 32 | first[2]) >> 11) / 9007199254740992.0);
  EXPECT_EQ(numbers.Uniform(0x8000000000000004), static_cast<double>((uint64_t{later[1]} << 32 | later[0]) >> 11) / 0x1p53);
}

TEST(NumbersTest, FillBitsEqualsBitsFromAnyStart) {
  const Numbers numbers(7, Stream::kDropout, 3);
  for (uint64_t first : {uint64_t{0}, uint64_t{1}, uint64_t{6}, uint64_t{0xffffffff3}}) {
    for (size_t count : {0u, 1u, 2u, 5u, 9u}) {
      std::vector<uint32_t> bits(count + 1, 0xdeadbeef);
      numbers.FillBits(first, count, bits.data());
      for (size_t i = 0; i < count; ++i) EXPECT_EQ(bits[i], numbers.Bits(first + i));
      EXPECT_EQ(bits[count], 0xdeadbeef) << "wrote past the end";
    }
  }
}

TEST(NumbersTest, SeedStreamAndStepAllMatter) {
  std::set<uint32_t> seen;
  int drawn = 0;
  for (uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32}) {
    for (Stream stream : {Stream::kInitialWeights, Stream::kExampleOrder, Stream::kDropout}) {
      for (uint64_t step : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, uint64_t{1} << 55}) {
        for (uint64_t i = 0; i < 16; ++i, ++drawn) seen.insert(Numbers(seed, stream, step).Bits(i));
      }
    }
  }
  // 576 draws of 2^32 values: a repeat has probability 576^2 / 2^33 = 4e-5, and the draws are fixed.
  EXPECT_EQ(static_cast<int>(seen.size()), drawn);
}

// The draws are fixed, so these tests pass always or never. Bounds are 5 standard errors of the statistic under the
// distribution: a right generator with other draws would fail one of them with probability 6e-7.
constexpr int kDraws = 200000;
constexpr double kErrors = 5;

TEST(NumbersTest, UniformMomentsAndCells) {
  const Numbers numbers(1, Stream::kSampledAxes);
  double sum = 0, squares = 0;
  std::vector<int> cells(64, 0);
  for (int i = 0; i < kDraws; ++i) {
    const double u = numbers.Uniform(i);
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    squares += u * u;
    ++cells[static_cast<int>(u * 64)];
  }
  EXPECT_NEAR(sum / kDraws, 1.0 / 2, kErrors * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, kErrors * std::sqrt(4.0 / 45 / kDraws));  // Var u^2 = 1/5 - 1/9
  double chi_square = 0;
  for (int count : cells) chi_square += (count - kDraws / 64.0) * (count - kDraws / 64.0) / (kDraws / 64.0);
  // A chi-square with 63 degrees of freedom: mean 63, variance 126.
  EXPECT_NEAR(chi_square, 63, kErrors * std::sqrt(126.0));
}

TEST(NumbersTest, NormalMomentsAndIndependenceOfPairs) {
  const Numbers numbers(1, Stream::kInitialWeights);
  double sum = 0, squares = 0, fourths = 0, products = 0, beyond = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = numbers.Normal(i);
    ASSERT_TRUE(std::isfinite(x));
    sum += x;
    squares += x * x;
    fourths += x * x * x * x;
    if (i % 2 == 1) products += x * numbers.Normal(i - 1);  // the cosine and the sine of one block
    beyond += std::abs(x) > 1.959963984540054;
  }
  EXPECT_NEAR(sum / kDraws, 0, kErrors * std::sqrt(1.0 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1, kErrors * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(fourths / kDraws, 3, kErrors * std::sqrt(96.0 / kDraws));  // Var x^4 = 105 - 9
  EXPECT_NEAR(products / (kDraws / 2), 0, kErrors * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(beyond / kDraws, 0.05, kErrors * std::sqrt(0.05 * 0.95 / kDraws));
}

TEST(NumbersTest, BelowIsInRangeAndEven) {
  const Numbers numbers(1, Stream::kSyntheticData);
  for (uint64_t n : {1u, 2u, 3u, 7u, 100u}) {
    std::vector<int> counts(n, 0);
    for (int i = 0; i < kDraws; ++i) {
      const uint64_t drawn = numbers.Below(i, n);
      ASSERT_LT(drawn, n);
      ++counts[drawn];
    }
    const double share = 1.0 / n;
    for (int count : counts) EXPECT_NEAR(count, kDraws * share, kErrors * std::sqrt(kDraws * share * (1 - share)) + 1e-9);
  }
  for (int i = 0; i < 100; ++i) EXPECT_LT(numbers.Below(i, UINT64_MAX), UINT64_MAX);
}

}  // namespace
}  // namespace ablate::random
