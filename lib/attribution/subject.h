// What attributions are made of: one example, as one trial sees it. All values are of the model in evaluation.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/models/encoder.h"
#include "lib/tasks/examples.h"

namespace ablate::attribution {

struct Subject {
  const models::Encoder& encoder;              // of one trial
  const std::vector<at::Tensor>& multipliers;  // as Encoder::Forward's
  models::EncoderBatch batch;                  // T = 1, B = 1, without padding
  int64_t tokens() const { return batch.tokens.size(2); }
};

// `progress` as EncoderBatch's; `place` of the example in its set, for what is removed by chance.
Subject MakeSubject(const models::Encoder& encoder, const std::vector<at::Tensor>& multipliers, const tasks::Example& example,
                    int64_t place, double progress);

// The batch with its example `times` times.
models::EncoderBatch Repeated(const models::EncoderBatch& batch, int64_t times);

// A number for each of n tokens, or a matrix [n, n] with a row for each token, row by row.
using Values = std::vector<double>;

// Each row of [n, n] over its sum; a row of zeros stays.
void DivideRowsBySums(int64_t n, Values& values);

// a b, both [n, n].
Values Product(const Values& a, const Values& b, int64_t n);

}  // namespace ablate::attribution
