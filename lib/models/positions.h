// How a network knows where tokens stand, beside learned vectors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "proto/trial.pb.h"

namespace ablate::models {

// [length, width] f32: sin(p / 10000^(2i / width)) at 2i, its cosine at 2i + 1, for the positions p = 0 .. length - 1. Vaswani
// et al. 2017, arXiv:1706.03762.
at::Tensor Sinusoids(int64_t length, int64_t width);

// What is added to the scores of self-attention where the query q stands at first_query + q: minus the head's slope times the
// distance, [heads, queries, keys] f32; undefined where positions are not ALIBI or HALF_ALIBI. The h-th (from 1) of n heads
// with a slope has 2^(-8h / n): Press, Smith, Lewis 2021, arXiv:2108.12409.
at::Tensor DistanceBias(::ablate::Encoder::Positions positions, int64_t heads, int64_t first_query, int64_t queries,
                        int64_t keys);

}  // namespace ablate::models
