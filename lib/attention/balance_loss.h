// The loss that drives attention towards a K-regular graph: every query attends K keys, every key is attended by K queries.
// BaSFormer's "exponential extremum loss with augmented Lagrangian" (Jiang, Chen, Xiang, Pan 2024), read as follows: with
// m = score - threshold, K the target of a row or column and m_(K) its K-th largest margin,
//   G = (epsilon - K m_(K), K m_(K+1) + epsilon), the second absent where there are just K entries,
//   loss = weight * mean over the constraints of rows and columns of (mu / rho) psi(rho G),
//   psi(x) = e^x - 1 up to x = 1, from there on its parabola, so that the worst violations keep a gradient that is not
//   infinite.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "proto/trial.pb.h"

namespace ablate::attention {

struct BalanceTerm {
  at::Tensor loss;  // [G], weighted; differentiable in scores and thresholds
  at::Tensor
      violations;  // [G, H, 4], detached: mean of clip(rho G, -1, 1) for (row lower, row upper, column lower, column upper)
};

//   scores       [G, B, H, Q, K]; -inf = masked or removed: such entries count neither in rows nor in columns
//   thresholds   [G, B, H, Q, 1]
//   multipliers  [G, H, 4]: mu; undefined: 1
//   settings     [G], each with balance.k > 0
BalanceTerm BalanceLoss(const at::Tensor& scores, const at::Tensor& thresholds, const at::Tensor& multipliers,
                        const std::vector<Attention>& settings);

}  // namespace ablate::attention
