// CPU loops of the layers, over the rows of one trial. A row's result is a function of that row alone, and sums over rows go in
// the order of the rows, so a trial has the same bits in any array (torch's own reductions and vector tails depend on the
// shape of the whole tensor). Pointers are to contiguous f32 unless said otherwise, caller-owned, and must not alias.
// Torch-free.
#pragma once

#include <cstdint>

namespace ablate::models {

// y [n] = x Phi(x), the exact (erf) GELU of Hendrycks, Gimpel 2016, arXiv:1606.08415; slope [n], its derivative, unless null.
void GeluForward(const float* x, int64_t n, float* y, float* slope);

// max(x, 0), and the tanh approximation of GELU (same paper).
void ReluForward(const float* x, int64_t n, float* y, float* slope);
void TanhGeluForward(const float* x, int64_t n, float* y, float* slope);

// Absolute error below 5e-7 (checked in the test).
void TanhForward(const float* x, int64_t n, float* y, float* slope);

// y [n] = a b.
void Multiply(const float* a, const float* b, int64_t n, float* y);

// rows [count, width] += bias [width].
void AddToRows(const float* bias, int64_t count, int64_t width, float* rows);

// sums [width] of rows [count, width]; every 32 rows are flushed to double.
void SumRows(const float* rows, int64_t count, int64_t width, float* sums);

struct NormShape {
  int64_t count;  // rows
  int64_t width;
  float epsilon = 1e-12f;  // BERT's
};

// y = weight normalized + bias, normalized = (s - mean) / sqrt(variance + epsilon), s = x + residual (residual may be null).
// All [count, width] but weight, bias [width] and inverse_deviation [count]. Ba, Kiros, Hinton 2016, arXiv:1607.06450.
void LayerNormForward(const float* x, const float* residual, const float* weight, const float* bias, NormShape shape, float* y,
                      float* normalized, float* inverse_deviation);

// From gradient (of y): x_gradient [count, width], weight_gradient and bias_gradient [width].
void LayerNormBackward(const float* gradient, const float* normalized, const float* inverse_deviation, const float* weight,
                       NormShape shape, float* x_gradient, float* weight_gradient, float* bias_gradient);

// y [n] = keep[i] ? scale x : 0, so that a dropped NaN is 0.
void KeepScaled(const float* x, const uint8_t* keep, float scale, int64_t n, float* y);

// y [count, width] = words[token] + positions[row % length]; words [vocabulary, width], positions [length or more, width].
void EmbedRows(const int64_t* tokens, const float* words, const float* positions, int64_t count, int64_t length, int64_t width,
               float* y);

// Adds each row of gradient [count, width] to its rows of words and positions, in the order of the rows.
void AddToEmbeddings(const int64_t* tokens, const float* gradient, int64_t count, int64_t length, int64_t width, float* words,
                     float* positions);

// Mean over the rows of logits [count, classes] of -sum q log softmax, in double; q = 1 - smoothing at the label, and
// smoothing / classes everywhere.
double CrossEntropyRows(const float* logits, const int64_t* labels, int64_t count, int64_t classes, double smoothing = 0);

// gradient [count, classes] of `scale` times CrossEntropyRows.
void CrossEntropyGradient(const float* logits, const int64_t* labels, int64_t count, int64_t classes, double scale,
                          float* gradient, double smoothing = 0);

}  // namespace ablate::models
