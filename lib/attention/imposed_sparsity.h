// Imposed sparsity: which query-key pairs are removed, from where, and what the gradient sees. Gandhi, Gandhi 2025,
// arXiv:2508.06016, whose open points are settings here.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "lib/random/philox.h"
#include "proto/trial.pb.h"

namespace ablate::attention {

// What imposed sparsity and attention dropout depend on beside the scores.
struct Moment {
  bool training = false;
  double progress = 1;                              // share of the optimizer's steps taken, [0, 1]
  uint64_t step = 0;                                // in training counted from 1; 0 in evaluation
  int layer = 0;                                    // [0, 2^15): tells the attentions of a network apart
  std::vector<uint64_t> seeds = {};                 // [T]; empty: nothing by chance can be asked for
  std::vector<std::vector<int64_t>> examples = {};  // [T][B]: places in their set, below 2^29; likewise
  int64_t first_query = 0;                          // the first query's place in its sequence
};

// InvalidArgument on values out of range.
absl::Status CheckSparsity(const Sparsity& sparsity);

// Whether random numbers decide which pairs go.
bool IsByChance(const Sparsity& sparsity);

// The settings as they are at this moment: structure NONE where the phase says so, RAMP's values on their way.
Sparsity InForce(const Sparsity& sparsity, const Moment& moment);

// Which pairs stay: bool like scores [G, B, H, Q, K], -inf = masked: those never do. `settings` [G], in force; trial g is the
// moment's trial first + g. Made on the CPU whatever the device.
at::Tensor KeptPairs(const std::vector<Sparsity>& settings, const at::Tensor& scores, const Moment& moment, int64_t first,
                     random::Stream stream);

// What is imposed on the maps of G trials that agree in structure, site and gradient.
class Imposition {
 public:
  // Removes pairs from `scores` [G, B, H, Q, K] (contiguous, masked) in place, unseen by autograd, where site and gradient are
  // SCORES and MASKED: normalizers give the removed no gradient. Else notes what is to be removed.
  Imposition(const std::vector<Attention>& trials, const Moment& moment, int64_t first, at::Tensor& scores);

  struct Normalized {
    at::Tensor probabilities;          // with what is imposed
    at::Tensor dense;                  // of `scores` themselves
    at::Tensor support_scores;         // what the normalizer's support is to be asked for, ...
    at::Tensor support_probabilities;  // ... detached
  };
  Normalized Probabilities(const at::Tensor& scores, const std::function<at::Tensor(const at::Tensor&)>& normalize) const;

  // Which pairs stay; undefined where the scores say it.
  const at::Tensor& keep() const { return keep_; }

  // [G, H, 2] int64: valid pairs, and those of them that are removed; undefined where nothing is imposed.
  const at::Tensor& counts() const { return counts_; }

 private:
  std::vector<Sparsity> in_force_;
  at::Tensor keep_, counts_;
};

}  // namespace ablate::attention
