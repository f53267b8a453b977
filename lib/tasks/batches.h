// Which examples make the batch of a step. The padded length of a step is a function of (task, batch size, epoch, step) alone,
// so that the T trials of an array stay aligned; a trial's seed chooses which examples of that length fill it. Torch-free.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "lib/tasks/task.h"

namespace ablate::tasks {

// The shape of one batch: examples of about one length.
struct BatchShape {
  int padded_tokens = 0;         // longest example of the batch's bucket
  int padded_target_tokens = 0;  // its longest target; 0 where there are none
  int bucket = 0;
  int place = 0;  // which slice of the bucket's (per seed and epoch shuffled) examples
};

// Buckets are runs of neighbouring lengths, each made as short as holds enough examples for 8 batches, so that padding is
// little and few batches have to be filled up; where there are targets, runs of source lengths are split into runs of target
// lengths. The order in which an epoch visits (bucket, place) is a fixed hash of (epoch,
// step). No state: any step can be asked for at any time, in microseconds.
class TrainingBatches {
 public:
  // The last, smaller batch of a bucket is filled up from the bucket's start, so all batches have batch_size examples (fewer
  // only if all examples are fewer). `examples` must not be empty, batch_size at least 1; not kept.
  TrainingBatches(const std::vector<Example>& examples, int batch_size);

  int64_t steps_per_epoch() const { return static_cast<int64_t>(places_.size()); }

  // Step counted from 0 over all epochs.
  BatchShape Shape(int64_t step) const;

  // Indices into `examples` for the trial with this seed; the same number for every seed. Each example occurs in an epoch at
  // least once, and at most twice.
  std::vector<int64_t> Examples(int64_t step, uint64_t seed) const;

 private:
  struct Bucket {
    int padded_tokens = 0;
    int padded_target_tokens = 0;
    std::vector<int64_t> examples;
  };
  std::vector<Bucket> buckets_;
  std::vector<std::pair<int, int>> places_;  // (bucket, place) of each step of an epoch, before the epoch's shuffle
  int batch_size_;
};

// All examples once, in order of length (of equal ones in that of the targets'), in batches of at most batch_size: for
// evaluation.
std::vector<std::vector<int64_t>> EvaluationBatches(const std::vector<Example>& examples, int batch_size);

}  // namespace ablate::tasks
