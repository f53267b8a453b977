#include "lib/tasks/synthetic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/tasks/catalogue.h"

namespace ablate::tasks {
namespace {

LabelledExamples Make(const Task& task) {
  auto examples = LoadTask(task, "no folder is read");
  EXPECT_TRUE(examples.ok()) << examples.status().ToString();
  return *std::move(examples);
}

Task RecallTask(uint32_t keys, uint32_t values, uint32_t min_pairs, uint32_t max_pairs) {
  Task task;
  task.mutable_recall()->set_keys(keys);
  task.mutable_recall()->set_values(values);
  task.mutable_recall()->set_min_pairs(min_pairs);
  task.mutable_recall()->set_max_pairs(max_pairs);
  return task;
}

Task MajorityTask(uint32_t symbols, uint32_t min_tokens, uint32_t max_tokens) {
  Task task;
  task.mutable_majority()->set_symbols(symbols);
  task.mutable_majority()->set_min_tokens(min_tokens);
  task.mutable_majority()->set_max_tokens(max_tokens);
  return task;
}

std::set<std::vector<int32_t>> Sequences(const std::vector<Example>& examples) {
  std::set<std::vector<int32_t>> sequences;
  for (const Example& example : examples) sequences.insert(example.tokens);
  return sequences;
}

int Shared(const LabelledExamples& examples) {
  const auto train = Sequences(examples.train);
  int shared = 0;
  for (const auto& sequence : Sequences(examples.validation)) shared += static_cast<int>(train.count(sequence));
  return shared;
}

void ExpectShape(const Task& task, const LabelledExamples& examples) {
  EXPECT_EQ(examples.max_tokens, MaxTokens(task));
  EXPECT_EQ(examples.class_names.size(), static_cast<size_t>(examples.classes));
  for (const std::vector<Example>* part : {&examples.train, &examples.validation}) {
    for (const Example& example : *part) {
      ASSERT_LE(static_cast<int>(example.tokens.size()), examples.max_tokens);
      ASSERT_GE(example.label, 0);
      ASSERT_LT(example.label, examples.classes);
      for (int32_t token : example.tokens) {
        ASSERT_NE(token, kPadding);
        ASSERT_GT(token, 0);
        ASSERT_LT(token, examples.vocabulary);
      }
    }
  }
}

TEST(RecallTest, TheLabelIsTheValueOfTheAskedKey) {
  const Task task = RecallTask(8, 4, 4, 8);
  const LabelledExamples examples = Make(task);
  ExpectShape(task, examples);
  EXPECT_EQ(examples.train.size(), 4096u);
  EXPECT_EQ(examples.validation.size(), 512u);
  EXPECT_EQ(examples.vocabulary, 1 + 8 + 8 * 4);
  std::map<size_t, int> lengths;
  std::map<int32_t, int> labels;
  for (const Example& example : examples.train) {
    ++lengths[example.tokens.size()];
    ++labels[example.label];
    const int32_t asked = example.tokens[0] - 1;
    std::set<int32_t> keys;
    for (size_t i = 1; i < example.tokens.size(); ++i) {
      const int32_t pair = example.tokens[i] - 1 - 8;
      ASSERT_TRUE(keys.insert(pair / 4).second) << "a key occurs twice";
      if (pair / 4 == asked) {
        EXPECT_EQ(pair % 4, example.label);
      }
    }
    ASSERT_EQ(keys.count(asked), 1u);
  }
  ASSERT_EQ(lengths.size(), 5u);
  // Five standard deviations of a binomial count; the draws are fixed.
  for (const auto& [length, count] : lengths) EXPECT_NEAR(count, 4096 / 5.0, 5 * std::sqrt(4096 * 0.2 * 0.8)) << length;
  for (const auto& [label, count] : labels) EXPECT_NEAR(count, 4096 / 4.0, 5 * std::sqrt(4096 * 0.25 * 0.75)) << label;
}

TEST(MajorityTest, TheLabelLeads) {
  for (const Task& task : {MajorityTask(4, 8, 24), MajorityTask(2, 1, 2), MajorityTask(1024, 2, 3), MajorityTask(3, 7, 7)}) {
    const LabelledExamples examples = Make(task);
    ExpectShape(task, examples);
    EXPECT_EQ(examples.classes, static_cast<int>(task.majority().symbols()));
    for (const Example& example : examples.train) {
      ASSERT_EQ(example.tokens[0], 1);
      std::map<int32_t, int> counts;
      for (size_t i = 1; i < example.tokens.size(); ++i) ++counts[example.tokens[i] - 2];
      for (const auto& [symbol, count] : counts) {
        if (symbol != example.label) {
          ASSERT_LT(count, counts[example.label]);
        }
      }
    }
  }
}

TEST(MajorityTest, ClassesAndLengthsAreEven) {
  const LabelledExamples examples = Make(MajorityTask(4, 8, 24));
  std::map<int32_t, int> labels;
  std::map<size_t, int> lengths;
  for (const Example& example : examples.train) {
    ++labels[example.label];
    ++lengths[example.tokens.size()];
  }
  for (const auto& [label, count] : labels) EXPECT_NEAR(count, 1024, 5 * std::sqrt(4096 * 0.25 * 0.75)) << label;
  ASSERT_EQ(lengths.size(), 17u);
  for (const auto& [length, count] : lengths) EXPECT_NEAR(count, 4096 / 17.0, 5 * std::sqrt(4096 / 17.0)) << length;
}

TEST(SyntheticTest, TrainAndValidationAreDisjointWherePossible) {
  EXPECT_EQ(Shared(Make(RecallTask(8, 4, 4, 8))), 0);
  EXPECT_EQ(Shared(Make(MajorityTask(4, 8, 24))), 0);
  Task scarce = RecallTask(3, 2, 2, 3);  // 24 sequences of two pairs, 144 of three
  scarce.mutable_recall()->set_validation_examples(40);
  EXPECT_EQ(Shared(Make(scarce)), 0);
  EXPECT_GT(Shared(Make(MajorityTask(2, 1, 2))), 0);  // only four sequences exist
}

TEST(SyntheticTest, MoreExamplesBeginWithTheFewer) {
  Task few = RecallTask(8, 4, 4, 8), many = few;
  few.mutable_recall()->set_train_examples(100);
  many.mutable_recall()->set_train_examples(300);
  const LabelledExamples a = Make(few), b = Make(many);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(a.train[i].tokens, b.train[i].tokens);
  EXPECT_EQ(Sequences(a.validation), Sequences(b.validation));
}

TEST(SyntheticTest, SettingsChangeTheDraws) {
  const auto a = Sequences(Make(RecallTask(8, 4, 4, 8)).train), b = Sequences(Make(RecallTask(8, 4, 4, 7)).train);
  int shared = 0;
  for (const auto& sequence : a) shared += static_cast<int>(b.count(sequence));
  EXPECT_LT(shared, 10);
}

// Stored results hang on these sequences: they may never change.
TEST(SyntheticTest, Golden) {
  using Tokens = std::vector<int32_t>;
  const LabelledExamples recall = Make(RecallTask(8, 4, 4, 8)), majority = Make(MajorityTask(4, 8, 24));
  EXPECT_EQ(recall.train[0].tokens, (Tokens{7, 16, 17, 9, 37, 26, 24, 29, 35}));
  EXPECT_EQ(recall.validation[511].tokens, (Tokens{8, 35, 38, 16, 12}));
  EXPECT_EQ(majority.train[0].tokens, (Tokens{1, 4, 5, 4, 5, 5, 4, 4, 3, 2, 2, 3, 3, 4, 2, 2, 5}));
  EXPECT_EQ(majority.validation[511].tokens, (Tokens{1, 2, 2, 5, 4, 4, 4, 2, 5, 2, 5, 3, 2, 2, 2, 2, 3, 5}));
}

TEST(SyntheticTest, Refusals) {
  const auto message = [](const Task& task) {
    const absl::Status check = CheckTaskFiles(task, ""), load = LoadTask(task, "").status();
    EXPECT_EQ(check.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(check, load);
    return std::string(load.message());
  };
  EXPECT_EQ(message(RecallTask(8, 4, 5, 4)), "task.recall.min_pairs: 5 is more than max_pairs, which is 4");
  EXPECT_EQ(message(RecallTask(8, 4, 4, 9)), "task.recall.max_pairs: 9 is more than keys, which is 8; each key occurs once");
  EXPECT_EQ(message(RecallTask(1, 4, 1, 1)), "task.recall: keys 1, values 4, min_pairs 1; at least 2, 2 and 1 are needed");
  EXPECT_EQ(message(MajorityTask(4, 9, 8)), "task.majority.min_tokens: 9 is more than max_tokens, which is 8");
  EXPECT_EQ(message(MajorityTask(1, 8, 8)), "task.majority: symbols 1, min_tokens 8; at least 2 and 1 are needed");
  EXPECT_EQ(message(Task()),
            "task: none is set; allowed: copy, generation, language_modeling, list_ops, majority, multi_query_recall, recall, "
            "reverse, sort, text_classification, translation");
}

}  // namespace
}  // namespace ablate::tasks
