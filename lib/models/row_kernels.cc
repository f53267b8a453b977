#include "lib/models/row_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "lib/models/exponential.h"
#include "lib/models/simd.h"

namespace ablate::models {
namespace {

#define ABLATE_INLINE inline __attribute__((always_inline))

constexpr int64_t kRowsPerFlush = 32;

// The rational approximation that Eigen and XLA use for float32; absolute error below 3e-7 (checked in the test).
ABLATE_INLINE float Erf(float x) {
  const float magnitude = x < 0 ? -x : x;
  const float t = magnitude > 4.f ? 4.f : x;
  const float u = t * t;
  float p = -2.72614225801306e-10f;
  p = p * u + 2.77068142495902e-08f;
  p = p * u - 2.10102402082508e-06f;
  p = p * u - 5.69250639462346e-05f;
  p = p * u - 7.34990630326855e-04f;
  p = p * u - 2.95459980854025e-03f;
  p = p * u - 1.60960333262415e-02f;
  float q = -1.45660718464996e-05f;
  q = q * u - 2.13374055278905e-04f;
  q = q * u - 1.68282697438203e-03f;
  q = q * u - 7.37332916720468e-03f;
  q = q * u - 1.42647390514189e-02f;
  const float rational = t * p / q;
  const float saturated = x < 0 ? -1.f : 1.f;
  return magnitude > 4.f ? saturated : rational;
}

ABLATE_INLINE float Tanh(float x) {
  const float power = ExpOfNegative(x < 0 ? 2.f * x : -2.f * x);
  const float magnitude = (1.f - power) / (1.f + power);
  return x < 0 ? -magnitude : magnitude;
}

template <class AddBlock, class AddRest>
ABLATE_INLINE float SumInLanes(int64_t width, const AddBlock& add_block, const AddRest& add_rest) {
  Lanes lanes;
  int64_t i = 0;
  for (; i + Lanes::kCount <= width; i += Lanes::kCount) add_block(lanes, i);
  for (int lane = 0; i < width; ++i, ++lane) add_rest(lanes, lane, i);
  return lanes.Total();
}

ABLATE_INLINE float SumOf(const float* values, int64_t width) {
  return SumInLanes(
      width, [&](Lanes& lanes, int64_t i) { lanes.Add(values + i); },
      [&](Lanes& lanes, int lane, int64_t i) { lanes.AddOne(lane, values[i]); });
}

ABLATE_INLINE float SumOfSquares(const float* values, float offset, int64_t width) {
  return SumInLanes(
      width, [&](Lanes& lanes, int64_t i) { lanes.AddSquares(values + i, offset); },
      [&](Lanes& lanes, int lane, int64_t i) { lanes.AddOne(lane, (values[i] - offset) * (values[i] - offset)); });
}

ABLATE_INLINE float SumOfProducts(const float* a, const float* b, int64_t width) {
  return SumInLanes(
      width, [&](Lanes& lanes, int64_t i) { lanes.AddProducts(a + i, b + i); },
      [&](Lanes& lanes, int lane, int64_t i) { lanes.AddOne(lane, a[i] * b[i]); });
}

// Sums over rows, in float for kRowsPerFlush rows and in double beyond.
class RowSums {
 public:
  explicit RowSums(int64_t width) : block_(width), total_(width) {}
  float* block() { return block_.data(); }
  void EndOfRow() {
    if (++rows_ % kRowsPerFlush == 0) Flush();
  }
  void Write(float* sums) {
    Flush();
    for (size_t i = 0; i < total_.size(); ++i) sums[i] = static_cast<float>(total_[i]);
  }

 private:
  void Flush() {
    for (size_t i = 0; i < block_.size(); ++i) total_[i] += block_[i];
    std::fill(block_.begin(), block_.end(), 0.f);
  }
  std::vector<float> block_;
  std::vector<double> total_;
  int64_t rows_ = 0;
};

}  // namespace

void GeluForward(const float* x, int64_t n, float* y, float* slope) {
  constexpr float kRootHalf = 0.707106781f, kDensityAtZero = 0.398942280f;
  if (slope == nullptr) {
    return WithWidestVectors([=] {
      for (int64_t i = 0; i < n; ++i) y[i] = x[i] * (0.5f * (1.f + Erf(x[i] * kRootHalf)));
    });
  }
  WithWidestVectors([=] {
    for (int64_t i = 0; i < n; ++i) {
      const float share = 0.5f * (1.f + Erf(x[i] * kRootHalf));
      y[i] = x[i] * share;
      slope[i] = share + x[i] * (kDensityAtZero * ExpOfNegative(-0.5f * x[i] * x[i]));
    }
  });
}

void ReluForward(const float* x, int64_t n, float* y, float* slope) {
  WithWidestVectors([=] {
    for (int64_t i = 0; i < n; ++i) y[i] = x[i] < 0 ? 0.f : x[i];  // NaN stays
  });
  if (slope == nullptr) return;
  WithWidestVectors([=] {
    for (int64_t i = 0; i < n; ++i) slope[i] = x[i] > 0 ? 1.f : 0.f;
  });
}

void TanhGeluForward(const float* x, int64_t n, float* y, float* slope) {
  constexpr float kRootOfTwoOverPi = 0.797884561f, kCubic = 0.044715f;
  WithWidestVectors([=] {
    for (int64_t i = 0; i < n; ++i) {
      // Beyond 10 the hyperbolic tangent is 1, and squares might overflow.
      const float v = x[i] < -10.f ? -10.f : x[i] > 10.f ? 10.f : x[i];
      const float t = Tanh(kRootOfTwoOverPi * (v + kCubic * v * v * v));
      y[i] = 0.5f * x[i] * (1.f + t);
      if (slope == nullptr) continue;
      slope[i] = 0.5f * (1.f + t) + 0.5f * v * (1.f - t * t) * (kRootOfTwoOverPi * (1.f + 3.f * kCubic * v * v));
    }
  });
}

void TanhForward(const float* x, int64_t n, float* y, float* slope) {
  WithWidestVectors([=] {
    for (int64_t i = 0; i < n; ++i) {
      const float t = Tanh(x[i]);
      y[i] = t;
      if (slope != nullptr) slope[i] = 1.f - t * t;
    }
  });
}

void Multiply(const float* a, const float* b, int64_t n, float* y) {
  WithWidestVectors([=] {
    for (int64_t i = 0; i < n; ++i) y[i] = a[i] * b[i];
  });
}

void AddToRows(const float* bias, int64_t count, int64_t width, float* rows) {
  WithWidestVectors([=] {
    for (int64_t row = 0; row < count; ++row) {
      float* const values = rows + row * width;
      for (int64_t i = 0; i < width; ++i) values[i] += bias[i];
    }
  });
}

void SumRows(const float* rows, int64_t count, int64_t width, float* sums) {
  RowSums all(width);
  WithWidestVectors([=, &all] {
    for (int64_t row = 0; row < count; ++row) {
      float* const block = all.block();
      const float* const values = rows + row * width;
      for (int64_t i = 0; i < width; ++i) block[i] += values[i];
      all.EndOfRow();
    }
  });
  all.Write(sums);
}

void LayerNormForward(const float* x, const float* residual, const float* weight, const float* bias, NormShape shape, float* y,
                      float* normalized, float* inverse_deviation) {
  const int64_t width = shape.width;
  WithWidestVectors([=] {
    for (int64_t row = 0; row < shape.count; ++row) {
      const float* const from = x + row * width;
      float* const to = y + row * width;
      float* const hat = normalized + row * width;
      if (residual != nullptr) {
        const float* const other = residual + row * width;
        for (int64_t i = 0; i < width; ++i) hat[i] = from[i] + other[i];
      } else {
        std::memcpy(hat, from, width * sizeof(float));
      }
      const float mean = SumOf(hat, width) / width;
      const float inverse = 1.f / std::sqrt(SumOfSquares(hat, mean, width) / width + shape.epsilon);
      inverse_deviation[row] = inverse;
      for (int64_t i = 0; i < width; ++i) {
        hat[i] = (hat[i] - mean) * inverse;
        to[i] = hat[i] * weight[i] + bias[i];
      }
    }
  });
}

void LayerNormBackward(const float* gradient, const float* normalized, const float* inverse_deviation, const float* weight,
                       NormShape shape, float* x_gradient, float* weight_gradient, float* bias_gradient) {
  const int64_t width = shape.width;
  RowSums weight_sums(width), bias_sums(width);
  WithWidestVectors([=, &weight_sums, &bias_sums] {
    for (int64_t row = 0; row < shape.count; ++row) {
      const float* const from = gradient + row * width;
      const float* const hat = normalized + row * width;
      float* const to = x_gradient + row * width;
      float* const weight_sum = weight_sums.block();
      float* const bias_sum = bias_sums.block();
      for (int64_t i = 0; i < width; ++i) {
        to[i] = from[i] * weight[i];
        weight_sum[i] += from[i] * hat[i];
        bias_sum[i] += from[i];
      }
      const float mean = SumOf(to, width) / width;
      const float slope = SumOfProducts(to, hat, width) / width;
      for (int64_t i = 0; i < width; ++i) to[i] = (to[i] - mean - hat[i] * slope) * inverse_deviation[row];
      weight_sums.EndOfRow();
      bias_sums.EndOfRow();
    }
  });
  weight_sums.Write(weight_gradient);
  bias_sums.Write(bias_gradient);
}

void KeepScaled(const float* x, const uint8_t* keep, float scale, int64_t n, float* y) {
  WithWidestVectors([=] {
    for (int64_t i = 0; i < n; ++i) y[i] = keep[i] != 0 ? scale * x[i] : 0.f;
  });
}

void EmbedRows(const int64_t* tokens, const float* words, const float* positions, int64_t count, int64_t length, int64_t width,
               float* y) {
  WithWidestVectors([=] {
    for (int64_t row = 0; row < count; ++row) {
      const float* const word = words + tokens[row] * width;
      const float* const position = positions + row % length * width;
      for (int64_t i = 0; i < width; ++i) y[row * width + i] = word[i] + position[i];
    }
  });
}

void AddToEmbeddings(const int64_t* tokens, const float* gradient, int64_t count, int64_t length, int64_t width, float* words,
                     float* positions) {
  WithWidestVectors([=] {
    for (int64_t row = 0; row < count; ++row) {
      float* const word = words + tokens[row] * width;
      float* const position = positions + row % length * width;
      for (int64_t i = 0; i < width; ++i) {
        word[i] += gradient[row * width + i];
        position[i] += gradient[row * width + i];
      }
    }
  });
}

double CrossEntropyRows(const float* logits, const int64_t* labels, int64_t count, int64_t classes, double smoothing) {
  double sum = 0;
  for (int64_t row = 0; row < count; ++row) {
    const float* const values = logits + row * classes;
    double largest = values[0], total = 0;
    for (int64_t i = 0; i < classes; ++i) largest = std::max<double>(largest, values[i]);
    for (int64_t i = 0; i < classes; ++i) total += std::exp(values[i] - largest);
    const double log_sum = std::log(total) + largest;
    double spread = 0;
    if (smoothing > 0) spread = log_sum - std::accumulate(values, values + classes, 0.) / classes;
    sum += (1 - smoothing) * (log_sum - values[labels[row]]) + smoothing * spread;
  }
  return sum / count;
}

void CrossEntropyGradient(const float* logits, const int64_t* labels, int64_t count, int64_t classes, double scale,
                          float* gradient, double smoothing) {
  for (int64_t row = 0; row < count; ++row) {
    const float* const values = logits + row * classes;
    double largest = values[0], total = 0;
    for (int64_t i = 0; i < classes; ++i) largest = std::max<double>(largest, values[i]);
    for (int64_t i = 0; i < classes; ++i) total += std::exp(values[i] - largest);
    for (int64_t i = 0; i < classes; ++i) {
      const double probability = std::exp(values[i] - largest) / total;
      const double wanted = (1 - smoothing) * (i == labels[row]) + smoothing / classes;
      gradient[row * classes + i] = static_cast<float>(scale * (probability - wanted) / count);
    }
  }
}

}  // namespace ablate::models
