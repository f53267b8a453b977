#include "lib/tasks/batches.h"

#include <algorithm>
#include <numeric>
#include <utility>

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

// Of sequence tasks: sources of about one length are split by their targets' lengths into about so many buckets. On Multi30k 4
// pads least of 1, 2, 4, 8 (tests/lib/tasks/translation_data_test.cc).
constexpr int64_t kTargetBuckets = 4;

int Tokens(const Example& example) { return static_cast<int>(example.tokens.size()); }
int TargetTokens(const Example& example) { return static_cast<int>(example.target.size()); }

using Length = int (*)(const Example&);

void SortByLength(const std::vector<Example>& examples, Length length, std::vector<int64_t>& order) {
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return length(examples[a]) < length(examples[b]); });
}

std::vector<int64_t> InOrderOfLength(const std::vector<Example>& examples) {
  std::vector<int64_t> order(examples.size());
  std::iota(order.begin(), order.end(), 0);
  SortByLength(examples, TargetTokens, order);
  SortByLength(examples, Tokens, order);
  return order;
}

// Runs of neighbouring lengths, each as short as holds `enough` examples.
std::vector<std::vector<int64_t>> Runs(const std::vector<Example>& examples, Length length, int64_t enough,
                                       const std::vector<int64_t>& order) {
  std::vector<std::vector<int64_t>> runs;
  for (const int64_t example : order) {
    const bool full = !runs.empty() && static_cast<int64_t>(runs.back().size()) >= enough;
    if (runs.empty() || (full && length(examples[example]) > length(examples[runs.back().back()]))) runs.emplace_back();
    runs.back().push_back(example);
  }
  if (runs.size() > 1 && static_cast<int64_t>(runs.back().size()) < enough) {
    const std::vector<int64_t> last = std::move(runs.back());
    runs.pop_back();
    runs.back().insert(runs.back().end(), last.begin(), last.end());
  }
  return runs;
}

std::vector<std::vector<int64_t>> SplitIntoBuckets(const std::vector<Example>& examples, int64_t enough) {
  const std::vector<int64_t> order = InOrderOfLength(examples);
  const bool has_targets = TargetTokens(examples[0]) > 0;
  if (!has_targets) return Runs(examples, Tokens, enough, order);
  std::vector<std::vector<int64_t>> buckets;
  for (std::vector<int64_t>& of_source : Runs(examples, Tokens, kTargetBuckets * enough, order)) {
    SortByLength(examples, TargetTokens, of_source);
    for (std::vector<int64_t>& bucket : Runs(examples, TargetTokens, enough, of_source)) buckets.push_back(std::move(bucket));
  }
  return buckets;
}

}  // namespace

TrainingBatches::TrainingBatches(const std::vector<Example>& examples, int batch_size) : batch_size_(batch_size) {
  for (std::vector<int64_t>& of_bucket : SplitIntoBuckets(examples, kLeastBatchesInBucket * batch_size)) {
    Bucket bucket;
    for (const int64_t example : of_bucket) {
      bucket.padded_tokens = std::max(bucket.padded_tokens, Tokens(examples[example]));
      bucket.padded_target_tokens = std::max(bucket.padded_target_tokens, TargetTokens(examples[example]));
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
