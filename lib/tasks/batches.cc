#include "lib/tasks/batches.h"

#include <algorithm>
#include <numeric>

#include "lib/random/permutation.h"
#include "lib/random/philox.h"

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

std::vector<int64_t> InOrderOfLength(const std::vector<Example>& examples) {
  std::vector<int64_t> order(examples.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return examples[a].tokens.size() < examples[b].tokens.size(); });
  return order;
}

}  // namespace

TrainingBatches::TrainingBatches(const std::vector<Example>& examples, int batch_size) : batch_size_(batch_size) {
  const auto tokens = [&](int64_t i) { return static_cast<int>(examples[i].tokens.size()); };
  const int64_t enough = kLeastBatchesInBucket * batch_size;
  const std::vector<int64_t> order = InOrderOfLength(examples);
  for (int64_t example : order) {
    const bool full = !buckets_.empty() && static_cast<int64_t>(buckets_.back().examples.size()) >= enough;
    if (buckets_.empty() || (full && tokens(example) > buckets_.back().padded_tokens)) buckets_.emplace_back();
    buckets_.back().padded_tokens = tokens(example);
    buckets_.back().examples.push_back(example);
  }
  if (buckets_.size() > 1 && static_cast<int64_t>(buckets_.back().examples.size()) < enough) {
    const Bucket last = std::move(buckets_.back());
    buckets_.pop_back();
    buckets_.back().padded_tokens = last.padded_tokens;
    buckets_.back().examples.insert(buckets_.back().examples.end(), last.examples.begin(), last.examples.end());
  }
  for (size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    const int64_t batches = (static_cast<int64_t>(buckets_[bucket].examples.size()) + batch_size - 1) / batch_size;
    for (int64_t place = 0; place < batches; ++place) places_.emplace_back(bucket, place);
  }
}

BatchShape TrainingBatches::Shape(int64_t step) const {
  const uint64_t epoch = step / steps_per_epoch();
  const Permutation order(Numbers(kCommonSeed, Stream::kExampleOrder, epoch), places_.size());
  const auto [bucket, place] = places_[order(step % steps_per_epoch())];
  return {buckets_[bucket].padded_tokens, bucket, place};
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
