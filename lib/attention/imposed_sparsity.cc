#include "lib/attention/imposed_sparsity.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/tensor.h>

#include "lib/normalizers/highest_scores.h"

namespace ablate::attention {

void ImposeTopKPerQuery(const std::vector<Attention>& settings, const at::Tensor& key_valid, at::Tensor& scores) {
  at::NoGradGuard guard;
  std::vector<double> shares;
  for (const Attention& trial : settings) shares.push_back(1 - trial.sparsity().level());
  const at::Tensor share = at::tensor(shares, at::kDouble).to(scores.device()).unsqueeze(-1);  // [G, 1]
  const at::Tensor valid = key_valid.sum(-1);                                                  // [G, B]
  // Without the 1e-6 a level of .7, whose share is a little above .3, keeps 4 keys of 10.
  const at::Tensor kept = valid.mul(share).sub(1e-6).ceil().clamp_min(1).to(at::kLong).minimum(valid);
  normalizers::KeepHighest(kept.unsqueeze(-1).unsqueeze(-1), scores);
}

}  // namespace ablate::attention
