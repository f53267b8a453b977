#include "lib/tasks/batches.h"

#include <algorithm>
#include <utility>

#include "lib/random/permutation.h"
#include "lib/random/philox.h"
#include "lib/tasks/length_buckets.h"

namespace ablate::tasks {
namespace {

using random::Numbers;
using random::Permutation;
using random::Stream;

// A bucket of b batches repeats at most 1/b of its examples in an epoch, and gives a seed so many to mix.
constexpr int64_t kLeastBatchesInBucket = 8;

// Seed of what must be the same for all trials.
constexpr uint64_t kCommonSeed = 0x6ab1a7e0000ba7c4;

// Buckets of an epoch, in the low bits of a step of random numbers. Lengths, and so buckets, are fewer.
constexpr int kBucketBits = 20;

}  // namespace

TrainingBatches::TrainingBatches(const std::vector<Example>& examples, int batch_size) : batch_size_(batch_size) {
  for (std::vector<int64_t>& of_bucket : LengthBuckets(examples, kLeastBatchesInBucket * batch_size)) {
    Bucket bucket;
    for (const int64_t example : of_bucket) {
      bucket.padded_tokens = std::max(bucket.padded_tokens, static_cast<int>(examples[example].tokens.size()));
      bucket.padded_target_tokens = std::max(bucket.padded_target_tokens, static_cast<int>(examples[example].target.size()));
    }
    const int64_t batches = (static_cast<int64_t>(of_bucket.size()) + batch_size - 1) / batch_size;
    for (int64_t place = 0; place < batches; ++place) places_.emplace_back(buckets_.size(), place);
    bucket.examples = std::move(of_bucket);
    buckets_.push_back(std::move(bucket));
  }
}

BatchShape TrainingBatches::Shape(int64_t step) const {
  const uint64_t epoch = step / steps_per_epoch();
  const Permutation order(Numbers(kCommonSeed, Stream::kExampleOrder, epoch), places_.size());
  const auto [bucket, place] = places_[order(step % steps_per_epoch())];
  return {buckets_[bucket].padded_tokens, buckets_[bucket].padded_target_tokens, bucket, place};
}

std::vector<int64_t> TrainingBatches::Examples(int64_t step, uint64_t seed) const {
  const BatchShape shape = Shape(step);
  const uint64_t epoch = step / steps_per_epoch();
  const std::vector<int64_t>& bucket = buckets_[shape.bucket].examples;
  const Permutation order(Numbers(seed, Stream::kExampleOrder, epoch << kBucketBits | shape.bucket), bucket.size());
  std::vector<int64_t> chosen(std::min<size_t>(batch_size_, bucket.size()));
  for (size_t i = 0; i < chosen.size(); ++i) {
    chosen[i] = bucket[order((static_cast<uint64_t>(shape.place) * batch_size_ + i) % bucket.size())];
  }
  return chosen;
}

std::vector<std::vector<int64_t>> EvaluationBatches(const std::vector<Example>& examples, int batch_size) {
  const std::vector<int64_t> order = InOrderOfLength(examples);
  std::vector<std::vector<int64_t>> batches;
  for (size_t first = 0; first < order.size(); first += batch_size) {
    batches.emplace_back(order.begin() + first, order.begin() + std::min(order.size(), first + batch_size));
  }
  return batches;
}

}  // namespace ablate::tasks
