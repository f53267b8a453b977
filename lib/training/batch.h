// Examples as tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/models/network.h"
#include "lib/tasks/task.h"

namespace ablate::training {

// How a model reads a task's examples, and where its labels stand.
enum class Layout {
  kClassified,       // tokens; a label for each example
  kSourceAndTarget,  // source and target apart; a label for each token of the target
  kOneSequence,      // tokens and target as one sequence; a label for each token that is to be written
};

// InvalidArgument where the model can't learn such a task.
absl::StatusOr<Layout> LayoutOf(const Model& model, tasks::Objective objective);

// What a network for the task must hold.
models::NetworkShape ShapeFor(const tasks::LabelledExamples& examples, Layout layout);

// Longest of a batch. Unit: tokens.
struct BatchLengths {
  int64_t tokens = 1;
  int64_t target = 0;  // begin and end included
};

BatchLengths LongestOf(const std::vector<tasks::Example>& examples, const std::vector<int64_t>& places);

struct LabelledBatch {
  models::Batch inputs;
  at::Tensor labels;  // kClassified: [T, B] int64; else [T, B, positions of the logits], models::kNoLabel where none is due
};

// Of each trial t the examples at places[t] (as many for each), padded to these lengths, at least the longest of them.
LabelledBatch MakeBatch(const std::vector<tasks::Example>& examples, const std::vector<std::vector<int64_t>>& places,
                        const BatchLengths& lengths, Layout layout, at::Device device);

}  // namespace ablate::training
