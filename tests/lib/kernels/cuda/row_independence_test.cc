// A row's bits depend on nothing but the row: not on the order in which threads run, on other rows, or on where it lies in
// memory.
#include "tests/lib/kernels/cuda/emulated_rows.h"

namespace ablate::kernels::cuda {
namespace {

const std::vector<float> kAlphas = {0, .1f, .5f, .7f, 1, .2f, .3f};

TEST(RowsOnCuda, OrderOfThreadsDoesNotMatter) {
  for (int keys : {20, 300, 1000, 3000, 5000}) {
    const Rows<float> rows = MakeRows<float>(keys, kAlphas, 2);
    const Result<float> forwards = Compute(rows);
    testing::last_first = true;
    const Result<float> backwards = Compute(rows);
    testing::last_first = false;
    EXPECT_TRUE(SameBits(forwards, backwards)) << keys;
  }
}

TEST(RowsOnCuda, ARowKnowsNothingOfItsNeighbours) {
  for (int keys : {50, 1500}) {
    Rows<float> rows = MakeRows<float>(keys, kAlphas, 3);
    const Result<float> before = Compute(rows);
    rows.scores[2 * keys + 7] = NAN;
    rows.scores[3 * keys] = INFINITY;
    rows.d[4] = NAN;
    rows.d[6] = 1.5f;
    const Result<float> after = Compute(rows);
    for (int row = 0; row < 7; ++row) {
      if (row == 2 || row == 3 || row == 4 || row == 6) {
        for (float p : RowOf(after.p, keys, row)) EXPECT_TRUE(std::isnan(p)) << row;
        EXPECT_TRUE(std::isnan(after.dz[row * keys])) << row;
      } else {
        EXPECT_TRUE(SameBits(RowOf(before.p, keys, row), RowOf(after.p, keys, row)));
        EXPECT_TRUE(SameBits(RowOf(before.dz, keys, row), RowOf(after.dz, keys, row)));
      }
    }
  }
}

TEST(RowsOnCuda, ARowAloneIsTheSame) {
  for (int keys : {96, 1500}) {
    const Rows<float> rows = MakeRows<float>(keys, kAlphas, 4);
    const Result<float> all = Compute(rows);
    for (int row = 0; row < rows.count(); ++row) {
      const Result<float> alone =
          Compute<float>({keys, {rows.d[row]}, RowOf(rows.scores, keys, row), RowOf(rows.gradients, keys, row)});
      EXPECT_TRUE(SameBits(alone.p, RowOf(all.p, keys, row)) && SameBits(alone.dz, RowOf(all.dz, keys, row)));
      EXPECT_EQ(alone.in_alpha[0], all.in_alpha[row]);
    }
  }
}

// Rows that don't begin at a multiple of four numbers are read one by one.
TEST(RowsOnCuda, AlignmentDoesNotMatter) {
  for (int keys : {64, 1000, 2000}) {
    const Rows<float> rows = MakeRows<float>(keys, kAlphas, 5);
    Result<float> expected = Compute(rows), result;
    std::vector<float> scores(1, 0), p(rows.scores.size() + 1);
    scores.insert(scores.end(), rows.scores.begin(), rows.scores.end());
    ForwardRows<float> in = Describe(rows, result);
    in.scores = scores.data() + 1;
    in.probabilities = p.data() + 1;
    EXPECT_NE(StartsPack(rows.scores.data(), keys), StartsPack(in.scores, keys));
    EXPECT_TRUE(EntmaxRowsForward(in, nullptr));
    p.erase(p.begin());
    EXPECT_TRUE(SameBits(p, expected.p)) << keys;
  }
}

}  // namespace
}  // namespace ablate::kernels::cuda
