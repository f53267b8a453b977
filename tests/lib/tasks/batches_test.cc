#include "lib/tasks/batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace ablate::tasks {
namespace {

std::vector<Example> ExamplesOf(const std::vector<int>& lengths) {
  std::vector<Example> examples;
  for (int length : lengths) examples.push_back({std::vector<int32_t>(length, 1), 0});
  return examples;
}

// Lengths as skewed as those of sentences.
std::vector<Example> RandomExamples(uint64_t seed, int count, int longest) {
  std::mt19937_64 random(seed);
  std::vector<int> lengths;
  for (int i = 0; i < count; ++i) {
    lengths.push_back(1 + std::min<int>(std::geometric_distribution<int>(0.1)(random), longest - 1));
  }
  return ExamplesOf(lengths);
}

struct Case {
  const char* name;
  int count, longest, batch_size;
};

const Case kCases[] = {
    {"OneExample", 1, 5, 4},    {"FewerThanABatch", 7, 9, 32},   {"ExactlyABatch", 32, 9, 32},
    {"SmallTask", 100, 20, 32}, {"BatchesOfOne", 300, 40, 1},    {"Ordinary", 5000, 60, 32},
    {"OneLength", 1000, 1, 32}, {"LargeBatches", 5000, 60, 512}, {"OddBatchSize", 4099, 33, 13},
};

class BatchesTest : public testing::TestWithParam<Case> {};

TEST_P(BatchesTest, EachExampleOnceOrTwiceAnEpoch) {
  const Case& c = GetParam();
  const std::vector<Example> examples = RandomExamples(1, c.count, c.longest);
  const TrainingBatches batches(examples, c.batch_size);
  const size_t full = std::min(c.count, c.batch_size);
  for (int64_t epoch : {0, 1, 5}) {
    std::map<int64_t, int> seen;
    for (int64_t step = epoch * batches.steps_per_epoch(); step < (epoch + 1) * batches.steps_per_epoch(); ++step) {
      const std::vector<int64_t> batch = batches.Examples(step, 3);
      EXPECT_EQ(batch.size(), full);
      EXPECT_EQ(std::set<int64_t>(batch.begin(), batch.end()).size(), batch.size()) << "an example twice in a batch";
      for (int64_t example : batch) ++seen[example];
    }
    EXPECT_EQ(static_cast<int>(seen.size()), c.count);
    for (const auto& [example, times] : seen) EXPECT_LE(times, 2);
  }
}

TEST_P(BatchesTest, ShapesAreCommonAndHoldTheExamplesOfAnySeed) {
  const Case& c = GetParam();
  const std::vector<Example> examples = RandomExamples(2, c.count, c.longest);
  const TrainingBatches batches(examples, c.batch_size);
  for (int64_t step = 0; step < 2 * batches.steps_per_epoch(); ++step) {
    const BatchShape shape = batches.Shape(step);
    for (uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 40}) {
      for (int64_t example : batches.Examples(step, seed)) {
        ASSERT_LE(static_cast<int>(examples[example].tokens.size()), shape.padded_tokens);
      }
    }
  }
}

TEST_P(BatchesTest, PaddingAndRepetitionAreBounded) {
  const Case& c = GetParam();
  const std::vector<Example> examples = RandomExamples(3, c.count, c.longest);
  const TrainingBatches batches(examples, c.batch_size);
  // A bucket holds at least 8 batches, so at most an eighth of an epoch's batches were filled up; a smaller task is one bucket.
  const int64_t drawn = batches.steps_per_epoch() * std::min(c.count, c.batch_size);
  EXPECT_LT(drawn, c.count + std::max<int64_t>(c.count / 8, c.batch_size) + 1);
}

TEST_P(BatchesTest, AnyStepCanBeAskedForAtAnyTime) {
  const Case& c = GetParam();
  const std::vector<Example> examples = RandomExamples(4, c.count, c.longest);
  const TrainingBatches batches(examples, c.batch_size), again(examples, c.batch_size);
  for (int64_t step : {int64_t{1000003}, int64_t{17}, int64_t{0}, int64_t{17}}) {
    EXPECT_EQ(batches.Examples(step, 9), again.Examples(step, 9));
    EXPECT_EQ(batches.Shape(step).padded_tokens, again.Shape(step).padded_tokens);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, BatchesTest, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

TEST(TrainingBatchesTest, SeedsAndEpochsDiffer) {
  const std::vector<Example> examples = RandomExamples(5, 3000, 40);
  const TrainingBatches batches(examples, 32);
  const int64_t epoch = batches.steps_per_epoch();
  EXPECT_NE(batches.Examples(0, 1), batches.Examples(0, 2));
  std::vector<int> first, second;
  int same_batches = 0;
  for (int64_t step = 0; step < epoch; ++step) {
    first.push_back(batches.Shape(step).padded_tokens);
    second.push_back(batches.Shape(step + epoch).padded_tokens);
    same_batches += batches.Examples(step, 1) == batches.Examples(step + epoch, 1);
  }
  EXPECT_NE(first, second) << "the order of buckets is the same in both epochs";
  EXPECT_FALSE(std::is_sorted(first.begin(), first.end()));
  EXPECT_EQ(same_batches, 0);
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  EXPECT_EQ(first, second) << "an epoch visits the same buckets";
}

TEST(TrainingBatchesTest, OneLengthIsNeverPadded) {
  std::vector<int> lengths;
  for (int length = 3; length < 10; ++length) lengths.insert(lengths.end(), 8 * 16, length);
  const std::vector<Example> examples = ExamplesOf(lengths);
  const TrainingBatches batches(examples, 16);
  EXPECT_EQ(batches.steps_per_epoch(), 7 * 8);
  for (int64_t step = 0; step < batches.steps_per_epoch(); ++step) {
    for (int64_t example : batches.Examples(step, 0)) {
      EXPECT_EQ(static_cast<int>(examples[example].tokens.size()), batches.Shape(step).padded_tokens);
    }
  }
}

// Stored results hang on the order of batches and examples: it may never change.
TEST(TrainingBatchesTest, Golden) {
  std::vector<int> lengths;
  for (int i = 0; i < 40; ++i) lengths.push_back(1 + (i % 5) * i % 7);
  const TrainingBatches batches(ExamplesOf(lengths), 2);
  ASSERT_EQ(batches.steps_per_epoch(), 21);
  std::vector<int> padded;
  std::vector<int64_t> examples;
  for (int64_t step = 0; step < 6; ++step) {
    padded.push_back(batches.Shape(step).padded_tokens);
    for (int64_t example : batches.Examples(step, 7)) examples.push_back(example);
  }
  EXPECT_EQ(padded, (std::vector<int>{2, 7, 7, 7, 7, 7}));
  EXPECT_EQ(examples, (std::vector<int64_t>{1, 21, 23, 17, 4, 16, 3, 13, 12, 19, 22, 27}));
}

// Sources and targets as in translation: their lengths go together, but loosely.
std::vector<Example> RandomPairs(uint64_t seed, int count) {
  std::mt19937_64 random(seed);
  std::vector<Example> examples(count);
  for (Example& example : examples) {
    const int length = 3 + std::binomial_distribution<int>(40, 0.3)(random);
    example.tokens.resize(length, 1);
    example.target.resize(length + std::binomial_distribution<int>(10, 0.5)(random), 1);
  }
  return examples;
}

TEST(TrainingBatchesTest, BucketsHoldSourcesAndTargets) {
  for (const int batch_size : {1, 32, 512}) {
    const std::vector<Example> examples = RandomPairs(8, 5000);
    const TrainingBatches batches(examples, batch_size);
    std::vector<int> seen(examples.size(), 0);
    for (int64_t step = 0; step < batches.steps_per_epoch(); ++step) {
      const BatchShape shape = batches.Shape(step);
      for (const int64_t example : batches.Examples(step, 1)) {
        ++seen[example];
        ASSERT_LE(static_cast<int>(examples[example].tokens.size()), shape.padded_tokens);
        ASSERT_LE(static_cast<int>(examples[example].target.size()), shape.padded_target_tokens);
      }
      for (const int64_t example : batches.Examples(step, 2)) {
        ASSERT_LE(static_cast<int>(examples[example].target.size()), shape.padded_target_tokens);
      }
    }
    EXPECT_EQ(*std::min_element(seen.begin(), seen.end()), 1);
    EXPECT_LE(*std::max_element(seen.begin(), seen.end()), 2);
  }
}

TEST(TrainingBatchesTest, PairsArePaddedLittle) {
  const std::vector<Example> examples = RandomPairs(9, 30000);
  const TrainingBatches batches(examples, 32);
  double padded = 0, real = 0;
  for (int64_t step = 0; step < batches.steps_per_epoch(); ++step) {
    for (const int64_t example : batches.Examples(step, 1)) {
      padded += batches.Shape(step).padded_tokens + batches.Shape(step).padded_target_tokens;
      real += static_cast<double>(examples[example].tokens.size() + examples[example].target.size());
    }
  }
  RecordProperty("padded_per_real_token", std::to_string(padded / real));
  EXPECT_LT(padded / real, 1.10);
}

TEST(EvaluationBatchesTest, AllOnceInOrderOfLength) {
  for (const Case& c : kCases) {
    const std::vector<Example> examples = RandomExamples(6, c.count, c.longest);
    std::vector<int64_t> all;
    for (const std::vector<int64_t>& batch : EvaluationBatches(examples, c.batch_size)) {
      EXPECT_LE(static_cast<int>(batch.size()), c.batch_size);
      all.insert(all.end(), batch.begin(), batch.end());
    }
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                               [&](int64_t a, int64_t b) { return examples[a].tokens.size() < examples[b].tokens.size(); }));
    EXPECT_EQ(EvaluationBatches(examples, c.batch_size).size(),
              static_cast<size_t>((c.count + c.batch_size - 1) / c.batch_size));
    std::sort(all.begin(), all.end());
    for (int i = 0; i < c.count; ++i) ASSERT_EQ(all[i], i);
  }
  EXPECT_TRUE(EvaluationBatches({}, 8).empty());
}

}  // namespace
}  // namespace ablate::tasks
