// The CUDA kernels on the CPU, by emulation: their numbers, on shapes around the edges of warps, blocks and kernels.
#include "tests/lib/kernels/cuda/emulated_rows.h"

namespace ablate::kernels::cuda {
namespace {

template <class T>
std::vector<double> InDouble(const std::vector<T>& values, int keys, int row) {
  const std::vector<T> part = RowOf(values, keys, row);
  return {part.begin(), part.end()};
}

template <class T>
void Compare(const Rows<T>& rows, const Result<T>& result, Worst& worst) {
  for (int row = 0; row < rows.count(); ++row) {
    const auto part = [&](const std::vector<T>& values) { return InDouble(values, rows.keys, row); };
    CompareRow(part(rows.scores), part(rows.gradients), rows.d[row], part(result.p), part(result.dz), result.in_alpha[row],
               worst);
  }
}

// The bounds of mathematics for float32, which the CPU's kernels keep. Here p^(1-d) comes from the C library; the GPU's
// functions differ in the last bits.
void ExpectAsExactAsFloatCanBe(const Worst& worst) {
  std::printf("largest errors: p %.2g, sum %.2g, dz %.2g, dalpha %.2g\n", worst.p, worst.sum, worst.scores, worst.alpha);
  EXPECT_TRUE(worst.zeros);
  EXPECT_LE(worst.p, 5e-7);
  EXPECT_LE(worst.sum, 2e-6);
  EXPECT_LE(worst.scores, 2.5e-6);
  EXPECT_LE(worst.alpha, 5e-6);
}

TEST(EntmaxRowsOnCuda, ShortRowsAreAsExactAsFloatCanBe) {
  Worst worst;
  for (int keys : {1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129, 256, 257, 512, 513, 1000, 1023, 1024}) {
    for (const std::vector<float>& d :
         {std::vector<float>{0, .001f, .1f, .25f, .5f, .75f, 1}, {1, .5f, 1e-5f, 0, .3f, .9f, .99f}}) {
      const Rows<float> rows = MakeRows<float>(keys, d, keys);
      Compare(rows, Compute(rows), worst);
    }
  }
  ExpectAsExactAsFloatCanBe(worst);
}

TEST(EntmaxRowsOnCuda, LongRowsAreAsExactAsFloatCanBe) {
  Worst worst;
  for (int keys : {1025, 2048, 4095, 4096, 4097, 8192}) {
    const Rows<float> rows = MakeRows<float>(keys, {.5f, 1, 0x1p-23f, .3f, .5f, .2f, 1}, keys);
    Compare(rows, Compute(rows), worst);
  }
  // Longer than shared memory.
  const Rows<float> rows = MakeRows<float>(30001, {1, .5f, .25f}, 1);
  Compare(rows, Compute(rows), worst);
  ExpectAsExactAsFloatCanBe(worst);
}

TEST(EntmaxRowsOnCuda, DoubleIsForChecks) {
  Worst worst;
  for (int keys : {1, 33, 300, 1030}) {
    const Rows<double> rows = MakeRows<double>(keys, {0, .001f, .1f, .25f, .5f, .75f, 1}, keys);
    Compare(rows, Compute(rows), worst);
  }
  // As float's bounds, times the ratio of the types' roundings, 2^-29.
  EXPECT_TRUE(worst.zeros);
  EXPECT_LE(worst.p, 5e-7 * 0x1p-29);
  EXPECT_LE(worst.sum, 2e-6 * 0x1p-29);
  EXPECT_LE(worst.scores, 2.5e-6 * 0x1p-29);
  EXPECT_LE(worst.alpha, 5e-6 * 0x1p-29);
}

std::vector<__nv_bfloat16> Rounded(const std::vector<float>& values) {
  std::vector<__nv_bfloat16> rounded;
  for (float value : values) rounded.push_back(__float2bfloat16_rn(value));
  return rounded;
}

// Probabilities below half of bf16's smallest number are zeros in bf16, and so are the gradients there; both are written as 0.
std::vector<__nv_bfloat16> WithoutTiny(std::vector<__nv_bfloat16> values) {
  for (auto& value : values) {
    if (std::fabs(ToReal(value)) <= 0x1p-133f) value = {0};
  }
  return values;
}

// Everything between reading and writing is in float: the result is float's, rounded once.
TEST(EntmaxRowsOnCuda, Bfloat16IsFloatRounded) {
  for (int keys : {1, 33, 64, 128, 300, 512, 1000, 2048, 5000, 30000}) {
    const auto rows = MakeRows<__nv_bfloat16>(keys, {.5f, .001f, .1f, .25f, 0, .75f, 1}, keys);
    Rows<float> wide{keys, rows.d, {}, {}};
    for (auto score : rows.scores) wide.scores.push_back(ToReal(score));
    for (auto gradient : rows.gradients) wide.gradients.push_back(ToReal(gradient));
    const auto result = Compute(rows);
    const Result<float> expected = Compute(wide);
    EXPECT_TRUE(SameBits(result.p, Rounded(expected.p))) << keys;
    EXPECT_TRUE(SameBits(WithoutTiny(result.dz), WithoutTiny(Rounded(expected.dz)))) << keys;
    EXPECT_TRUE(SameBits(result.in_alpha, expected.in_alpha)) << keys;
  }
}

template <class Keys, class Group>
std::vector<float> ForwardBy(const Rows<float>& rows) {
  Result<float> result;
  LaunchForward<Group, Keys>(Describe(rows, result), nullptr);
  return result.p;
}

// What is dropped from shared memory would have added zeros.
TEST(EntmaxRowsOnCuda, WhereScoresAreKeptDoesNotMatter) {
  using Group = BlockOfRow<float, 256>;
  for (int keys : {5, 900, 1024, 3001}) {
    const Rows<float> rows = MakeRows<float>(keys, {.5f, 1, .001f, 0, .3f, .5f, 1}, keys);
    const auto in_global_memory = ForwardBy<GlobalKeys<Group, float>, Group>(rows);
    EXPECT_TRUE(SameBits(in_global_memory, ForwardBy<SharedKeys<Group, float>, Group>(rows))) << keys;
    if (keys > 1024) continue;
    EXPECT_TRUE(SameBits(in_global_memory, ForwardBy<RegisterKeys<Group, float, 4>, Group>(rows))) << keys;
  }
}

TEST(EntmaxRowsOnCuda, WithoutGradientInAlpha) {
  for (int keys : {40, 1100}) {
    const Rows<float> rows = MakeRows<float>(keys, {0, .1f, .5f, .7f, 1, .2f, .3f}, 4);
    Result<float> result = Compute(rows);
    const std::vector<float> dz = result.dz;
    BackwardRows<float> in = DescribeBackward(rows, result);
    in.alpha_gradients = nullptr;
    EXPECT_TRUE(EntmaxRowsBackward(in, nullptr));
    EXPECT_TRUE(SameBits(dz, result.dz));
  }
}

TEST(EntmaxRowsOnCuda, RefusesShapes) {
  Result<float> result;
  const Rows<float> rows = MakeRows<float>(4, {1}, 1);
  ForwardRows<float> in = Describe(rows, result);
  in.rows = 0;
  EXPECT_FALSE(EntmaxRowsForward(in, nullptr));
  in = Describe(rows, result);
  in.keys = kMaxKeys + 1;
  EXPECT_FALSE(EntmaxRowsForward(in, nullptr));
  BackwardRows<float> back = DescribeBackward(rows, result);
  back.rows = kMaxRows + 1;
  EXPECT_FALSE(EntmaxRowsBackward(back, nullptr));
  EXPECT_FALSE(KeepHighestRows<float>(nullptr, nullptr, 1, 0, nullptr));
  EXPECT_FALSE(EntmaxRowsBackward(BackwardRows<__nv_bfloat16>{nullptr, nullptr, nullptr, 1, 1, nullptr}, nullptr));
}

}  // namespace
}  // namespace ablate::kernels::cuda
