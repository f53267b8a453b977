// Weights of the public BERT (Devlin et al. 2018, arXiv:1810.04805) and DistilBERT (Sanh et al. 2019, arXiv:1910.01108) files
// under our encoder's names.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "proto/trial.pb.h"

namespace ablate::models {

// By our parameter's name, in our shape without the trial axis, f32. Parameters that are not in it start afresh: the
// classifier, and the pooler where the file has none.
using PretrainedWeights = std::map<std::string, at::Tensor>;

// Reads a safetensors file with BERT's or DistilBERT's names, with or without the prefix "bert." or "distilbert."; F32, F16 or
// BF16. Word embeddings must have `vocabulary` rows; of the positions' the first `max_tokens` are taken. Heads of pretraining
// tasks are left aside. NotFound without the file; DataLoss where it is broken, and where a tensor is missing, has another
// shape, or has no place in this encoder.
absl::StatusOr<PretrainedWeights> LoadPretrained(const std::string& path, const ::ablate::Encoder& settings, int64_t vocabulary,
                                                 int64_t max_tokens);

}  // namespace ablate::models
