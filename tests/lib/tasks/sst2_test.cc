// Real sentences: SST-2 in the folder ABLATE_DATA.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

#include "lib/tasks/batches.h"
#include "lib/tasks/task.h"

namespace ablate::tasks {
namespace {

Task Sst2(bool word_piece) {
  Task task;
  TextClassification& settings = *task.mutable_text_classification();
  settings.set_train("sst2/glue_train.tsv.gz");
  settings.set_validation("sst2/glue_dev.tsv");
  if (word_piece) {
    settings.mutable_tokenizer()->set_kind(ablate::Tokenizer::WORD_PIECE);
    settings.mutable_tokenizer()->set_vocabulary("vocab/bert-base-uncased-vocab.txt");
  }
  return task;
}

// Of this process alone: tests run beside other tests.
double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kSlowdown = 20;
#else
constexpr double kSlowdown = 1;
#endif

class Sst2Test : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (std::getenv("ABLATE_DATA") == nullptr) GTEST_SKIP() << "ABLATE_DATA, the folder of public data files, is not set";
  }
};

TEST_P(Sst2Test, LoadsAndBatchesWithLittlePadding) {
  const Task task = Sst2(GetParam());
  ASSERT_TRUE(CheckTaskFiles(task, std::getenv("ABLATE_DATA")).ok());
  const double start = CpuSeconds();
  const auto examples = LoadTask(task, std::getenv("ABLATE_DATA"));
  const double seconds = CpuSeconds() - start;
  ASSERT_TRUE(examples.ok()) << examples.status().ToString();
  EXPECT_EQ(examples->train.size(), 67349u);
  EXPECT_EQ(examples->validation.size(), 872u);
  EXPECT_EQ(examples->classes, 2);
  EXPECT_EQ(examples->vocabulary, GetParam() ? 30522 : 4 + 14816);
  int positive = 0;
  for (const Example& example : examples->validation) positive += example.label;
  EXPECT_EQ(positive, 444);
  EXPECT_LT(seconds, kSlowdown * (GetParam() ? 1.5 : 0.9));  // 0.14 and 0.23 s when measured

  const TrainingBatches batches(examples->train, 32);
  double padded = 0, real = 0, drawn = 0;
  for (int64_t step = 0; step < batches.steps_per_epoch(); ++step) {
    for (int64_t example : batches.Examples(step, 1)) {
      padded += batches.Shape(step).padded_tokens;
      real += static_cast<double>(examples->train[example].tokens.size());
      ++drawn;
    }
  }
  RecordProperty("padded_per_real_token", std::to_string(padded / real));
  EXPECT_LT(padded / real, 1.02);                   // 1.006 with words, 1.010 with WordPiece
  EXPECT_LT(drawn / examples->train.size(), 1.01);  // examples repeated to fill batches: 0.8 and 0.9 %
}

INSTANTIATE_TEST_SUITE_P(Tokenizers, Sst2Test, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& info) { return info.param ? "WordPiece" : "Words"; });

}  // namespace
}  // namespace ablate::tasks
