// Runs a loop compiled for the widest vectors of this CPU. The loops that use it must give the same bits at every width: plain
// IEEE arithmetic without contraction, no library calls, sums kept in the fixed lanes of Lanes.
#pragma once

#include <cstring>

namespace ablate::models {

enum class VectorLevel { kBaseline, kAvx2, kAvx512 };

inline VectorLevel BestVectorLevel() {
#if defined(__x86_64__)
  static const VectorLevel level = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
                                       ? VectorLevel::kAvx512
                                   : __builtin_cpu_supports("avx2") ? VectorLevel::kAvx2
                                                                    : VectorLevel::kBaseline;
  return level;
#else
  return VectorLevel::kBaseline;
#endif
}

#if defined(__x86_64__)
template <class Loop>
__attribute__((target("avx512f,avx512dq"), flatten)) void RunForAvx512(const Loop& loop) {
  loop();
}

template <class Loop>
__attribute__((target("avx2"), flatten)) void RunForAvx2(const Loop& loop) {
  loop();
}
#endif

// `loop` is a lambda without arguments; it is inlined into one copy per vector level.
template <class Loop>
void WithWidestVectors(const Loop& loop) {
#if defined(__x86_64__)
  if (BestVectorLevel() == VectorLevel::kAvx512) return RunForAvx512(loop);
  if (BestVectorLevel() == VectorLevel::kAvx2) return RunForAvx2(loop);
#endif
  loop();
}

// Sixteen partial sums, whatever the CPU's vectors: element i of a row always goes to lane i % 16, so a row's sum has the same
// bits everywhere.
class Lanes {
 public:
  void Add(const float* values) {
    Vector loaded;
    std::memcpy(&loaded, values, sizeof loaded);
    sums_ += loaded;
  }
  void AddProducts(const float* a, const float* b) {
    Vector x, y;
    std::memcpy(&x, a, sizeof x);
    std::memcpy(&y, b, sizeof y);
    sums_ += x * y;
  }
  void AddSquares(const float* values, float offset) {
    Vector loaded;
    std::memcpy(&loaded, values, sizeof loaded);
    loaded -= offset;
    sums_ += loaded * loaded;
  }
  void AddOne(int lane, float value) { sums_[lane] += value; }
  float Total() const {
    float sums[kCount];
    std::memcpy(sums, &sums_, sizeof sums);
    for (int half = kCount / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) sums[i] += sums[i + half];
    }
    return sums[0];
  }

  static constexpr int kCount = 16;

 private:
  typedef float Vector __attribute__((vector_size(kCount * sizeof(float))));
  Vector sums_ = {};
};

}  // namespace ablate::models
