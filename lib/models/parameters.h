// The learned tensors of an array of trials: one tensor per name, with the trials side by side on the leading axis.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "lib/attention/catalogue.h"

namespace ablate::models {

// What the optimizer has to know: weights and embeddings decay, the others don't; alphas, and what else a normalizer learns per
// head, have learning rates of their own.
enum class ParameterKind { kWeight, kBias, kNorm, kEmbedding, kAlpha, kPerHead };

struct Parameter {
  std::string name;  // "layers.0.attention.query_key_value.weight"
  ParameterKind kind;
  at::Tensor value;          // [T, ...] f32, a leaf that requires gradients
  std::string learned = "";  // "alpha", "sink", ...: only trials that learn this have it (attention::Learns); "": all trials
  attention::Kind where = attention::Kind::kEncoder;  // the attention that learns it
};

// A tensor [T, ...shape] of normal numbers with mean 0 and this deviation: each a function of its trial's seed, the parameter's
// name and the element's place in `shape` alone.
at::Tensor InitialNormal(const std::vector<uint64_t>& seeds, const std::string& name, const std::vector<int64_t>& shape,
                         double deviation);

// The slices `trials` of the leading axis, copied, in this order. Undefined stays undefined.
at::Tensor KeepTrials(const at::Tensor& tensor, const std::vector<int64_t>& trials);

}  // namespace ablate::models
