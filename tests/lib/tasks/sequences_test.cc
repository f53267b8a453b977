// copy, reverse, sort and multi-query recall.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/tasks/catalogue.h"
#include "lib/tasks/task.h"

namespace ablate::tasks {
namespace {

using Tokens = std::vector<int32_t>;

LabelledExamples Make(const Task& task) {
  auto examples = LoadTask(task, "no folder is read");
  EXPECT_TRUE(examples.ok()) << examples.status().ToString();
  return *std::move(examples);
}

void Fill(SymbolSequences& settings, uint32_t symbols, uint32_t min_tokens, uint32_t max_tokens, uint32_t multiple) {
  settings.set_symbols(symbols);
  settings.set_min_tokens(min_tokens);
  settings.set_max_tokens(max_tokens);
  settings.set_train_examples(3000);
  settings.set_longest_multiple(multiple);
  settings.set_longer_examples(50);
}

Task CopyTask() {
  Task task;
  Fill(*task.mutable_copy(), 7, 3, 9, 9);
  return task;
}

Task ReverseTask() {
  Task task;
  Fill(*task.mutable_reverse(), 7, 3, 9, 9);
  return task;
}

Task SortTask() {
  Task task;
  Fill(*task.mutable_sort(), 7, 3, 9, 9);
  return task;
}

Task RecallTask(uint32_t keys, uint32_t multiple) {
  Task task;
  MultiQueryRecall& settings = *task.mutable_multi_query_recall();
  settings.set_keys(keys);
  settings.set_values(5);
  settings.set_queries(3);
  settings.set_min_pairs(2);
  settings.set_max_pairs(6);
  settings.set_train_examples(3000);
  settings.set_longest_multiple(multiple);
  settings.set_longer_examples(50);
  return task;
}

std::vector<std::vector<Example>> AllSets(const LabelledExamples& examples) {
  std::vector<std::vector<Example>> sets = {examples.train, examples.validation};
  for (const ExampleSet& set : examples.longer) sets.push_back(set.examples);
  return sets;
}

void ExpectShape(const Task& task, const LabelledExamples& examples) {
  EXPECT_EQ(examples.objective, Objective::kSequenceToSequence);
  EXPECT_EQ(ObjectiveOf(task), Objective::kSequenceToSequence);
  EXPECT_EQ(examples.max_tokens, MaxTokens(task));
  EXPECT_EQ(examples.max_target_tokens, MaxTargetTokens(task));
  EXPECT_TRUE(examples.generation_metrics.empty());
  size_t longest = 0, longest_target = 0;
  for (const std::vector<Example>& set : AllSets(examples)) {
    for (const Example& example : set) {
      longest = std::max(longest, example.tokens.size());
      longest_target = std::max(longest_target, example.target.size());
      ASSERT_EQ(example.tokens.back(), kEnd);
      ASSERT_EQ(example.target.front(), kBegin);
      ASSERT_EQ(example.target.back(), kEnd);
      for (const Tokens* part : {&example.tokens, &example.target}) {
        for (const int32_t token : *part) {
          ASSERT_GT(token, 0);
          ASSERT_LT(token, examples.vocabulary);
        }
      }
    }
  }
  EXPECT_EQ(static_cast<int>(longest), examples.max_tokens);
  EXPECT_EQ(static_cast<int>(longest_target), examples.max_target_tokens);
}

// Without begin and end.
Tokens Answer(const Example& example) { return {example.target.begin() + 1, example.target.end() - 1}; }
Tokens Symbols(const Example& example) { return {example.tokens.begin(), example.tokens.end() - 1}; }

TEST(SymbolSequencesTest, TargetsAreTheAnswers) {
  const LabelledExamples copy = Make(CopyTask()), reverse = Make(ReverseTask()), sort = Make(SortTask());
  ExpectShape(CopyTask(), copy);
  ExpectShape(ReverseTask(), reverse);
  ExpectShape(SortTask(), sort);
  const auto copies = AllSets(copy), reversed = AllSets(reverse), sorted = AllSets(sort);
  ASSERT_EQ(copies.size(), 5u);
  for (size_t set = 0; set < copies.size(); ++set) {
    for (size_t i = 0; i < copies[set].size(); ++i) {
      Tokens symbols = Symbols(copies[set][i]);
      EXPECT_EQ(Answer(copies[set][i]), symbols);
      ASSERT_EQ(Symbols(reversed[set][i]), symbols) << "the three tasks have the same sequences";
      ASSERT_EQ(Symbols(sorted[set][i]), symbols);
      EXPECT_EQ(Answer(reversed[set][i]), Tokens(symbols.rbegin(), symbols.rend()));
      std::sort(symbols.begin(), symbols.end());
      EXPECT_EQ(Answer(sorted[set][i]), symbols);
    }
  }
}

TEST(SymbolSequencesTest, LengthsAreThoseAskedFor) {
  const LabelledExamples examples = Make(CopyTask());
  std::map<size_t, int> lengths;
  std::set<int32_t> symbols;
  for (const Example& example : examples.train) {
    ++lengths[example.tokens.size() - 1];
    symbols.insert(example.tokens.begin(), example.tokens.end() - 1);
  }
  ASSERT_EQ(lengths.size(), 7u);
  EXPECT_EQ(lengths.begin()->first, 3u);
  // Five standard deviations of a binomial count; draws are fixed. Of the shortest, 343 exist, and some are held out.
  for (const auto& [length, count] : lengths) EXPECT_NEAR(count, 3000 / 7., 5 * 19.2) << length;
  EXPECT_EQ(symbols.size(), 7u);
  ASSERT_EQ(examples.longer.size(), 3u) << "up to 8 times: 9 is no power of two";
  for (size_t i = 0; i < 3; ++i) {
    const int multiple = 2 << i;
    EXPECT_EQ(examples.longer[i].name, "length_" + std::to_string(multiple) + "x");
    ASSERT_EQ(examples.longer[i].examples.size(), 50u);
    for (const Example& example : examples.longer[i].examples) EXPECT_EQ(example.tokens.size(), 9u * multiple + 1);
  }
}

TEST(SymbolSequencesTest, TrainAndValidationAreDisjoint) {
  const LabelledExamples examples = Make(CopyTask());
  std::set<Tokens> train;
  for (const Example& example : examples.train) train.insert(example.tokens);
  for (const Example& example : examples.validation) EXPECT_EQ(train.count(example.tokens), 0u);
}

TEST(MultiQueryRecallTest, TargetsAreTheValuesOfTheQueries) {
  const Task task = RecallTask(24, 4);
  const LabelledExamples examples = Make(task);
  ExpectShape(task, examples);
  EXPECT_EQ(examples.vocabulary, 5 + 24 + 5);
  std::set<size_t> pairs_seen;
  for (const std::vector<Example>& set : AllSets(examples)) {
    for (const Example& example : set) {
      const size_t pairs = (example.tokens.size() - 5) / 2;  // a separator, three queries, the end
      pairs_seen.insert(pairs);
      std::map<int32_t, int32_t> value_of;
      for (size_t i = 0; i < pairs; ++i) {
        ASSERT_TRUE(value_of.emplace(example.tokens[2 * i], example.tokens[2 * i + 1]).second) << "a key occurs twice";
      }
      ASSERT_EQ(example.tokens[2 * pairs], 4);
      ASSERT_EQ(example.target.size(), 5u);
      for (size_t query = 0; query < 3; ++query) {
        ASSERT_EQ(value_of.count(example.tokens[2 * pairs + 1 + query]), 1u);
        EXPECT_EQ(example.target[1 + query], value_of[example.tokens[2 * pairs + 1 + query]]);
        EXPECT_GE(example.target[1 + query], 5 + 24);
      }
    }
  }
  EXPECT_EQ(pairs_seen, (std::set<size_t>{2, 3, 4, 5, 6, 12, 24}));
}

// Stored results hang on these sequences: they may never change.
TEST(SequencesTest, Golden) {
  const LabelledExamples copy = Make(CopyTask()), recall = Make(RecallTask(24, 4));
  EXPECT_EQ(copy.train[0].tokens, (Tokens{4, 9, 7, 5, 5, 2}));
  EXPECT_EQ(copy.validation[511].tokens, (Tokens{8, 10, 5, 2}));
  EXPECT_EQ(Tokens(copy.longer[0].examples[49].tokens.begin(), copy.longer[0].examples[49].tokens.begin() + 6),
            (Tokens{9, 7, 7, 7, 9, 10}));
  EXPECT_EQ(recall.train[0].tokens, (Tokens{23, 31, 10, 30, 25, 32, 4, 23, 25, 10, 2}));
  EXPECT_EQ(recall.train[0].target, (Tokens{1, 31, 32, 30, 2}));
}

TEST(SequencesTest, Refusals) {
  const auto message = [](const Task& task) {
    const absl::Status check = CheckTaskFiles(task, ""), load = LoadTask(task, "").status();
    EXPECT_EQ(check.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(check, load);
    return std::string(load.message());
  };
  Task sort = SortTask();
  sort.mutable_sort()->set_min_tokens(10);
  EXPECT_EQ(message(sort), "task.sort.min_tokens: 10 is more than max_tokens, which is 9");
  sort.mutable_sort()->set_symbols(1);
  EXPECT_EQ(message(sort), "task.sort: symbols 1, min_tokens 10; at least 2 and 1 are needed");
  EXPECT_EQ(message(RecallTask(23, 4)),
            "task.multi_query_recall.keys: 23, but the longest sequences have 24 pairs, and each key occurs once; at least 24 "
            "are needed");
  Task recall = RecallTask(24, 1);
  recall.mutable_multi_query_recall()->set_min_pairs(7);
  EXPECT_EQ(message(recall), "task.multi_query_recall.min_pairs: 7 is more than max_pairs, which is 6");
}

}  // namespace
}  // namespace ablate::tasks
