// The losses that drive attention towards a K-regular graph: every query attends K keys, every key is attended by K queries.
// BaSFormer (Jiang, Chen, Xiang, Pan 2024) knows its "exponential extremum loss with augmented Lagrangian" by name only; this
// is how it is read here, and what it is compared with. m = score - threshold is a pair's margin (a row's positive ones sum to
// 1 under sparsemax), K the target of a row or column, m_(K) its K-th largest margin, psi(x) = e^x - 1 up to x = 1 and from
// there on its parabola, so that the worst violations keep a gradient that is not infinite.
//   EXPONENTIAL_EXTREMUM  G = (epsilon - K m_(K), K m_(K+1) + epsilon), the second absent where there are just K entries;
//                         mean over the constraints of rows and columns of (mu / rho) psi(rho G)
//   PENALTY               the same G; mean of rho / 2 max(0, G)^2
//   EXPONENTIAL_COUNT     G = sum over the row or column of (1 - exp(-sharpness p)), less K, over K; mean of
//                         lambda G + rho / 2 G^2
//   NEAREST_GRAPH         G = epsilon - K m for pairs of the K-regular graph with the highest sum of scores, epsilon + K m for
//                         others; sum of (mu / rho) psi(rho G) over the number of pairs in the graph
// all times the weight. The order statistics of rows and columns pull at pairs one by one, and what a row asks of a pair its
// column may forbid; the graph of NEAREST_GRAPH agrees with all rows and columns at once.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "proto/trial.pb.h"

namespace ablate::attention {

struct BalanceTerm {
  at::Tensor loss;        // [G], weighted; differentiable in scores, thresholds and probabilities
  at::Tensor violations;  // [G, H, 4] or [G, H, kRelativeRows, 4] like the multipliers, detached: the means of clip(rho G, -1,
                          // 1) that their update wants; of EXPONENTIAL_COUNT mean G
};

struct BalanceInputs {
  at::Tensor scores;         // [G, B, H, Q, K]; -inf = masked or removed: such entries count neither in rows nor in columns
  at::Tensor thresholds;     // [G, B, H, Q, 1]; not read by EXPONENTIAL_COUNT
  at::Tensor probabilities;  // [G, B, H, Q, K]; read by EXPONENTIAL_COUNT alone
  at::Tensor targets;        // [G, B] int64: K of each sentence
  at::Tensor multipliers;    // StartMultipliers' shape; undefined: as at the start
  double progress = 1;       // share of the steps taken
};

// settings [G], each with a loss and BalancedTogether.
BalanceTerm BalanceLoss(const BalanceInputs& inputs, const std::vector<Attention>& settings);

}  // namespace ablate::attention
