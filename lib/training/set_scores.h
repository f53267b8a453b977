// How the trials of an array did on one set of examples.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "lib/tasks/task.h"
#include "lib/training/batch.h"
#include "lib/training/evaluation.h"

namespace ablate::training {

// Sums over the batches of a set.
class SetScores {
 public:
  // `counts_as`: LabelledExamples'.
  SetScores(size_t trials, size_t examples, Layout layout, const std::vector<int32_t>& counts_as);

  // logits and labels of a batch of the examples at `places`, as models::NetworkOutputs and LabelledBatch have them. Of classes
  // also the predictions are kept.
  void Add(const at::Tensor& logits, const at::Tensor& labels, const std::vector<int64_t>& places);

  double Loss(size_t t) const;      // mean over examples, or tokens, in nats
  double Accuracy(size_t t) const;  // share of examples, or tokens
  std::vector<Prediction>& predictions(size_t t) { return of_trials_[t].predictions; }

  // Appends the set's metrics of a trial, as "NAME/loss". `words`: ExampleSet's.
  void Append(size_t t, const std::string& name, tasks::Objective objective, int64_t words, NamedNumbers& metrics) const;

 private:
  struct OfTrial {
    double loss = 0;      // sum
    int64_t count = 0;    // of examples, or tokens
    int64_t correct = 0;  // of these
    int64_t exact = 0;    // sequences of which every token is right
    std::vector<Prediction> predictions;
  };

  void AddClasses(const float* logits, const int64_t* labels, int64_t classes, const std::vector<int64_t>& places,
                  OfTrial& sums) const;

  Layout layout_;
  int64_t examples_;
  std::vector<int32_t> counts_as_;
  std::vector<OfTrial> of_trials_;
};

}  // namespace ablate::training
