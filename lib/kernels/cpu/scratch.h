// Memory for the rows of one call: allocated once, aligned to vectors.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace ablate::kernels {

class Scratch {
 public:
  explicit Scratch(int64_t floats) {
    constexpr int64_t kAlignment = 64;
    const int64_t bytes = (floats * static_cast<int64_t>(sizeof(float)) + kAlignment - 1) / kAlignment * kAlignment;
    memory_.reset(static_cast<float*>(std::aligned_alloc(kAlignment, static_cast<size_t>(bytes))));
    if (memory_ == nullptr) throw std::bad_alloc();
  }
  float* get() { return memory_.get(); }

 private:
  struct Free {
    void operator()(float* memory) const { std::free(memory); }
  };
  std::unique_ptr<float, Free> memory_;
};

}  // namespace ablate::kernels
