#include "lib/training/batch.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "fmt/format.h"
#include "lib/models/token_loss.h"

namespace ablate::training {
namespace {

using at::Tensor;

// Sequences side by side, [T, B, length], and which of their places are no padding.
class Rows {
 public:
  Rows(int64_t trials, int64_t count, int64_t length)
      : tokens(at::full({trials, count, length}, tasks::kPadding, at::kLong)),
        valid(at::zeros({trials, count, length}, at::kBool)),
        length_(length) {}

  void Fill(int64_t row, const int32_t* first, const int32_t* last) {
    std::copy(first, last, tokens.mutable_data_ptr<int64_t>() + row * length_);
    std::fill_n(valid.mutable_data_ptr<bool>() + row * length_, last - first, true);
  }

  Tensor tokens, valid;

 private:
  int64_t length_;
};

// Of a sequence the token behind each of its places from `first` on is a label.
void FillLabels(const std::vector<int32_t>& sequence, size_t first, int64_t* labels) {
  for (size_t i = first; i + 1 < sequence.size(); ++i) labels[i] = sequence[i + 1];
}

Tensor NoLabels(int64_t trials, int64_t count, int64_t length) {
  return at::full({trials, count, length}, models::kNoLabel, at::kLong);
}

LabelledBatch MakeClassified(const std::vector<tasks::Example>& examples, const std::vector<std::vector<int64_t>>& places,
                             int64_t length) {
  const int64_t trials = places.size(), count = places[0].size();
  Rows rows(trials, count, length);
  const Tensor types = at::zeros({trials, count, length}, at::kLong), labels = at::empty({trials, count}, at::kLong);
  int64_t* type = types.mutable_data_ptr<int64_t>();
  int64_t row = 0;
  for (const std::vector<int64_t>& of_trial : places) {
    for (const int64_t place : of_trial) {
      const tasks::Example& example = examples[place];
      const auto size = static_cast<int64_t>(example.tokens.size());
      rows.Fill(row, example.tokens.data(), example.tokens.data() + size);
      labels.mutable_data_ptr<int64_t>()[row++] = example.label;
      if (example.second_start > 0) std::fill_n(type + example.second_start, size - example.second_start, 1);
      type += length;
    }
  }
  LabelledBatch batch;
  batch.inputs.tokens = rows.tokens;
  batch.inputs.valid = rows.valid;
  batch.inputs.token_types = types;
  batch.labels = labels;
  return batch;
}

LabelledBatch MakeSourceAndTarget(const std::vector<tasks::Example>& examples, const std::vector<std::vector<int64_t>>& places,
                                  const BatchLengths& lengths) {
  const int64_t trials = places.size(), count = places[0].size(), target_length = std::max<int64_t>(1, lengths.target - 1);
  Rows sources(trials, count, lengths.tokens), targets(trials, count, target_length);
  LabelledBatch batch;
  batch.labels = NoLabels(trials, count, target_length);
  int64_t row = 0;
  for (const std::vector<int64_t>& of_trial : places) {
    for (const int64_t place : of_trial) {
      const tasks::Example& example = examples[place];
      const std::vector<int32_t>& target = example.target;
      sources.Fill(row, example.tokens.data(), example.tokens.data() + example.tokens.size());
      if (!target.empty()) targets.Fill(row, target.data(), target.data() + target.size() - 1);
      FillLabels(target, 0, batch.labels.mutable_data_ptr<int64_t>() + row++ * target_length);
    }
  }
  batch.inputs.tokens = sources.tokens;
  batch.inputs.valid = sources.valid;
  batch.inputs.target = targets.tokens;
  batch.inputs.target_valid = targets.valid;
  return batch;
}

LabelledBatch MakeOneSequence(const std::vector<tasks::Example>& examples, const std::vector<std::vector<int64_t>>& places,
                              const BatchLengths& lengths) {
  const int64_t trials = places.size(), count = places[0].size();
  const int64_t length = std::max<int64_t>(1, lengths.tokens + lengths.target - 1);
  Rows rows(trials, count, length);
  LabelledBatch batch;
  batch.labels = NoLabels(trials, count, length);
  int64_t row = 0;
  for (const std::vector<int64_t>& of_trial : places) {
    for (const int64_t place : of_trial) {
      std::vector<int32_t> sequence = examples[place].tokens;
      const std::vector<int32_t>& target = examples[place].target;
      const size_t first = target.empty() ? 0 : sequence.size();  // a source is read, not foretold, and so is the begin
      sequence.insert(sequence.end(), target.begin(), target.end());
      if (!sequence.empty()) rows.Fill(row, sequence.data(), sequence.data() + sequence.size() - 1);
      FillLabels(sequence, first, batch.labels.mutable_data_ptr<int64_t>() + row++ * length);
    }
  }
  batch.inputs.tokens = rows.tokens;
  batch.inputs.valid = rows.valid;
  return batch;
}

LabelledBatch Made(const std::vector<tasks::Example>& examples, const std::vector<std::vector<int64_t>>& places,
                   const BatchLengths& lengths, Layout layout) {
  switch (layout) {
    case Layout::kSourceAndTarget:
      return MakeSourceAndTarget(examples, places, lengths);
    case Layout::kOneSequence:
      return MakeOneSequence(examples, places, lengths);
    case Layout::kClassified:
      break;
  }
  return MakeClassified(examples, places, lengths.tokens);
}

void MoveTo(at::Device device, Tensor& tensor) {
  if (tensor.defined()) tensor = tensor.to(device);
}

}  // namespace

absl::StatusOr<Layout> LayoutOf(const Model& model, tasks::Objective objective) {
  const bool classifies = objective == tasks::Objective::kClassification;
  if (classifies && model.has_encoder()) return Layout::kClassified;
  if (!classifies && model.has_decoder()) return Layout::kOneSequence;
  if (objective == tasks::Objective::kSequenceToSequence && model.has_sequence_to_sequence()) return Layout::kSourceAndTarget;
  return absl::InvalidArgumentError(
      "this model can't learn this task: an encoder learns classification, sequence_to_sequence tasks of sources and targets, "
      "a decoder these and language modelling");
}

models::NetworkShape ShapeFor(const tasks::LabelledExamples& examples, Layout layout) {
  models::NetworkShape shape;
  shape.vocabulary = examples.vocabulary;
  shape.max_tokens = examples.max_tokens;
  if (layout == Layout::kClassified) shape.classes = examples.classes;
  if (layout == Layout::kSourceAndTarget) shape.max_target_tokens = examples.max_target_tokens;
  if (layout == Layout::kOneSequence) shape.max_tokens += examples.max_target_tokens;
  return shape;
}

BatchLengths LongestOf(const std::vector<tasks::Example>& examples, const std::vector<int64_t>& places) {
  BatchLengths longest;
  for (const int64_t place : places) {
    longest.tokens = std::max(longest.tokens, static_cast<int64_t>(examples[place].tokens.size()));
    longest.target = std::max(longest.target, static_cast<int64_t>(examples[place].target.size()));
  }
  return longest;
}

LabelledBatch MakeBatch(const std::vector<tasks::Example>& examples, const std::vector<std::vector<int64_t>>& places,
                        const BatchLengths& lengths, Layout layout, at::Device device) {
  LabelledBatch batch = Made(examples, places, lengths, layout);
  batch.inputs.places = places;
  for (Tensor* tensor : {&batch.inputs.tokens, &batch.inputs.valid, &batch.inputs.token_types, &batch.inputs.target,
                         &batch.inputs.target_valid, &batch.labels}) {
    MoveTo(device, *tensor);
  }
  return batch;
}

}  // namespace ablate::training
