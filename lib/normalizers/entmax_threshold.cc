#include "lib/normalizers/entmax_threshold.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/log.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

namespace ablate::normalizers {
namespace {

at::Tensor Zero(const at::Tensor& like) { return at::zeros({}, like.options().requires_grad(false)); }

// [G, H] to [G, 1, H, 1, 1], in the scores' type.
at::Tensor PerRow(const at::Tensor& alpha_minus_one, const at::Tensor& scores) {
  return alpha_minus_one.to(scores.scalar_type()).reshape({scores.size(0), 1, scores.size(2), 1, 1});
}

struct Rows {
  at::Tensor largest_score;  // [G, B, H, Q, 1]
  at::Tensor width;          // 1 + d (y - t) at the largest score: p^d. Zero where a row has no keys.
};

Rows Describe(const at::Tensor& scores, const at::Tensor& probabilities, const at::Tensor& d) {
  const at::Tensor largest = probabilities.amax(-1, /*keepdim=*/true);
  return {scores.amax(-1, /*keepdim=*/true), at::where(largest.eq(0), largest, at::pow(largest, d))};
}

}  // namespace

// With m = z - threshold, p = (d m)^(1/d) and sum p = 1: dthreshold = sum (s dz + p (1 - d log p) / d^2 dd) / sum s.
at::Tensor EntmaxThreshold(const at::Tensor& scores, const at::Tensor& probabilities, const at::Tensor& alpha_minus_one) {
  const at::Tensor d = PerRow(alpha_minus_one, scores);
  at::Tensor value, weight, slope, empty;
  {
    at::NoGradGuard guard;
    const at::Tensor p = probabilities.detach(), zero = Zero(p), inside = p.ne(0);
    const Rows rows = Describe(scores.detach(), p, d);
    empty = rows.width.eq(0);
    value = at::where(empty, zero, rows.largest_score - rows.width / d);
    const at::Tensor log_p = at::where(inside, at::log(p), zero);
    const at::Tensor s = at::where(inside, at::exp(log_p * (1 - d)), zero);
    const at::Tensor sum = at::where(empty, zero + 1, s.sum(-1, /*keepdim=*/true));
    weight = s / sum;
    if (alpha_minus_one.requires_grad()) {
      const at::Tensor moved = (p * (1 - d * log_p)).sum(-1, /*keepdim=*/true) / (d * d * sum);
      slope = at::where(d.eq(0).logical_or(empty), zero, moved);
    }
  }
  // The value plus terms that are exactly 0 and carry its gradient.
  const at::Tensor rise = at::where(weight.ne(0), weight * (scores - scores.detach()), Zero(scores));
  at::Tensor threshold = value + rise.sum(-1, /*keepdim=*/true);
  if (slope.defined()) threshold = threshold + slope * (d - d.detach());
  return threshold;
}

at::Tensor EntmaxSupport(const at::Tensor& scores, const at::Tensor& probabilities, const at::Tensor& alpha_minus_one) {
  at::NoGradGuard guard;
  const at::Tensor d = PerRow(alpha_minus_one, scores);
  const Rows rows = Describe(scores, probabilities, d);
  // Weights vanish in float only for d < 1/5: up to there a width of 2^-20 has weight above 2^-126.
  const at::Tensor inside = (rows.width + d * (scores - rows.largest_score)).gt(0x1p-20).logical_and(d.lt(.2));
  return probabilities.gt(0).logical_or(inside);
}

}  // namespace ablate::normalizers
