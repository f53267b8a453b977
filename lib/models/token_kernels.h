// CPU loops over the logits of tokens: many classes, many rows. A row's result is a function of that row alone, whatever the
// width of the CPU's vectors. Pointers are contiguous, caller-owned, and must not alias. Torch-free.
#pragma once

#include <cstdint>

namespace ablate::models {

struct RowSum {
  float largest = 0;   // of the row; -inf where it is empty
  double log_sum = 0;  // log of the sum of exp(values): exponentials to 2e-7 relative, summed in blocks of float
  double mean = 0;     // of the values
};

// values [n]; `with_mean`: else mean stays 0. A NaN among them makes log_sum NaN.
RowSum SumOfLogits(const float* values, int64_t n, bool with_mean);

// gradient [n] = scale * (exp(values - log_sum) - rest), and `at_label` more at `label`.
void SoftmaxGradient(const float* values, int64_t n, double log_sum, float scale, float rest, int64_t label, float at_label,
                     float* gradient);

// The first place of the largest value.
int64_t PlaceOfLargest(const float* values, int64_t n);

}  // namespace ablate::models
