#include "lib/training/batch.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace ablate::training {

LabelledBatch MakeBatch(const std::vector<tasks::Example>& examples, const std::vector<std::vector<int64_t>>& places,
                        int64_t length, at::Device device) {
  const int64_t trials = places.size(), count = places[0].size();
  const at::Tensor tokens = at::full({trials, count, length}, tasks::kPadding, at::kLong);
  const at::Tensor valid = at::zeros({trials, count, length}, at::kBool);
  const at::Tensor types = at::zeros({trials, count, length}, at::kLong);
  const at::Tensor labels = at::empty({trials, count}, at::kLong);
  int64_t* token = tokens.mutable_data_ptr<int64_t>();
  bool* is_valid = valid.mutable_data_ptr<bool>();
  int64_t* type = types.mutable_data_ptr<int64_t>();
  int64_t* label = labels.mutable_data_ptr<int64_t>();
  for (const std::vector<int64_t>& of_trial : places) {
    for (const int64_t place : of_trial) {
      const tasks::Example& example = examples[place];
      std::copy(example.tokens.begin(), example.tokens.end(), token);
      std::fill_n(is_valid, example.tokens.size(), true);
      *label++ = example.label;
      const auto size = static_cast<int64_t>(example.tokens.size());
      if (example.second_start > 0) std::fill_n(type + example.second_start, size - example.second_start, 1);
      token += length;
      type += length;
      is_valid += length;
    }
  }
  return {{tokens.to(device), valid.to(device), types.to(device), places}, labels.to(device)};
}

}  // namespace ablate::training
