#include "lib/models/token_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/models/exponential.h"
#include "lib/models/simd.h"

namespace ablate::models {
namespace {

constexpr int kLanes = Lanes::kCount;
constexpr int64_t kBlock = 1024;  // values that are summed in float before the sum goes on in double

float Largest(const float* values, int64_t n) {
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, -std::numeric_limits<float>::infinity());
  WithWidestVectors([=, &lanes] {
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) lanes[lane] = values[i + lane] > lanes[lane] ? values[i + lane] : lanes[lane];
    }
    for (; i < n; ++i) lanes[0] = values[i] > lanes[0] ? values[i] : lanes[0];
  });
  return *std::max_element(lanes, lanes + kLanes);
}

// Of at most kBlock values.
float SumOfExponentials(const float* values, int64_t n, float largest) {
  Lanes lanes;
  WithWidestVectors([=, &lanes] {
    float powers[kLanes];
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) powers[lane] = ExpOfNegative(values[i + lane] - largest);
      lanes.Add(powers);
    }
    for (int lane = 0; i < n; ++i, ++lane) lanes.AddOne(lane, ExpOfNegative(values[i] - largest));
  });
  return lanes.Total();
}

float Sum(const float* values, int64_t n) {
  Lanes lanes;
  WithWidestVectors([=, &lanes] {
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) lanes.Add(values + i);
    for (int lane = 0; i < n; ++i, ++lane) lanes.AddOne(lane, values[i]);
  });
  return lanes.Total();
}

}  // namespace

RowSum SumOfLogits(const float* values, int64_t n, bool with_mean) {
  RowSum row;
  row.largest = Largest(values, n);
  double sum = 0, total = 0;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t count = std::min(kBlock, n - begin);
    sum += SumOfExponentials(values + begin, count, row.largest);
    if (with_mean) total += Sum(values + begin, count);
  }
  row.log_sum = row.largest + std::log(sum);
  row.mean = total / static_cast<double>(n);
  return row;
}

void SoftmaxGradient(const float* values, int64_t n, double log_sum, float scale, float rest, int64_t label, float at_label,
                     float* gradient) {
  // Rounding log_sum is an error of at most 2^-24 |log_sum| in an exponent.
  const auto shift = static_cast<float>(log_sum);
  WithWidestVectors([=] {
    for (int64_t i = 0; i < n; ++i) gradient[i] = scale * (ExpOfNegative(values[i] - shift) - rest);
  });
  gradient[label] += scale * at_label;
}

int64_t PlaceOfLargest(const float* values, int64_t n) {
  const float largest = Largest(values, n);
  const float* const found = std::find(values, values + n, largest);
  return found == values + n ? 0 : found - values;
}

}  // namespace ablate::models
