#include "lib/tasks/list_ops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "lib/tasks/catalogue.h"
#include "tests/lib/tasks/temporary_file.h"

namespace ablate::tasks {
namespace {

using Tokens = std::vector<int32_t>;

ListOps Settings(uint32_t depth, uint32_t arguments, uint32_t min_tokens, uint32_t max_tokens) {
  ListOps settings;
  settings.set_max_depth(depth);
  settings.set_max_arguments(arguments);
  settings.set_min_tokens(min_tokens);
  settings.set_max_tokens(max_tokens);
  settings.set_train_examples(2000);
  settings.set_validation_examples(200);
  settings.set_longer_examples(50);
  return settings;
}

LabelledExamples Make(const ListOps& settings, const std::string& folder = "") {
  auto examples = MakeListOps(settings, folder);
  EXPECT_TRUE(examples.ok()) << examples.status().ToString();
  return *std::move(examples);
}

struct Reading {
  int value = -1;
  int depth = 0;      // most brackets around a digit
  int arguments = 0;  // most of an operator
  size_t end = 0;     // place behind the expression
};

// A reader of its own: recursion from the left, the median by its definition.
Reading Read(const Tokens& tokens, size_t at) {
  if (tokens[at] < 12) return {tokens[at] - 2, 0, 0, at + 1};
  const int operation = tokens[at] - 12;
  Reading whole;
  std::vector<int> values;
  for (++at; tokens[at] != 16;) {
    const Reading one = Read(tokens, at);
    values.push_back(one.value);
    whole.depth = std::max(whole.depth, one.depth + 1);
    whole.arguments = std::max(whole.arguments, one.arguments);
    at = one.end;
  }
  whole.end = at + 1;
  whole.arguments = std::max<int>(whole.arguments, static_cast<int>(values.size()));
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  const double median = n % 2 == 1 ? values[n / 2] : (values[n / 2] + values[n / 2 - 1]) / 2.;
  const int sum = std::accumulate(values.begin(), values.end(), 0) % 10;
  whole.value = operation == 0   ? values.front()
                : operation == 1 ? values.back()
                : operation == 2 ? static_cast<int>(median)
                                 : sum;
  return whole;
}

TEST(ListOpsTest, LabelsAreTheValues) {
  for (const ListOps& settings : {Settings(5, 5, 8, 48), Settings(1, 9, 4, 11), Settings(12, 2, 4, 60)}) {
    const LabelledExamples examples = Make(settings);
    EXPECT_EQ(examples.objective, Objective::kClassification);
    EXPECT_EQ(examples.classes, 10);
    EXPECT_EQ(examples.vocabulary, 17);
    Task task;
    *task.mutable_list_ops() = settings;
    EXPECT_EQ(examples.max_tokens, MaxTokens(task));
    std::map<int32_t, int> labels;
    int most_depth = 0, most_arguments = 0;
    for (const Example& example : examples.train) {
      ASSERT_EQ(example.tokens[0], 1);
      ASSERT_GE(example.tokens.size(), 1 + settings.min_tokens());
      ASSERT_LE(example.tokens.size(), 1 + settings.max_tokens());
      const Reading reading = Read(example.tokens, 1);
      ASSERT_EQ(reading.end, example.tokens.size());
      ASSERT_EQ(reading.value, example.label);
      ++labels[example.label];
      most_depth = std::max(most_depth, reading.depth);
      most_arguments = std::max(most_arguments, reading.arguments);
    }
    EXPECT_EQ(labels.size(), 10u);
    EXPECT_LE(most_depth, static_cast<int>(settings.max_depth()));
    EXPECT_EQ(most_arguments, static_cast<int>(settings.max_arguments()));
    EXPECT_GE(most_depth, std::min<int>(static_cast<int>(settings.max_depth()), 5));
  }
}

TEST(ListOpsTest, LongerSetsAreLonger) {
  ListOps settings = Settings(5, 5, 8, 48);
  settings.set_longest_multiple(8);
  const LabelledExamples examples = Make(settings);
  ASSERT_EQ(examples.longer.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const size_t multiple = size_t{2} << i;
    EXPECT_EQ(examples.longer[i].name, "length_" + std::to_string(multiple) + "x");
    for (const Example& example : examples.longer[i].examples) {
      EXPECT_GT(example.tokens.size() - 1, 48 * multiple / 2);
      EXPECT_LE(example.tokens.size() - 1, 48 * multiple);
      EXPECT_EQ(Read(example.tokens, 1).value, example.label);
    }
  }
}

// Stored results hang on these sequences: they may never change.
TEST(ListOpsTest, Golden) {
  const LabelledExamples examples = Make(Settings(3, 4, 6, 12));
  EXPECT_EQ(examples.train[0].tokens, (Tokens{1, 12, 2, 12, 6, 14, 10, 5, 16, 16, 16}));
  EXPECT_EQ(examples.validation[199].tokens, (Tokens{1, 14, 2, 4, 13, 4, 2, 16, 16}));
}

TEST(ListOpsTest, PublishedLinesAreASetOfTheirOwn) {
  ListOps settings = Settings(3, 4, 4, 8);
  settings.set_published(
      WriteTemporary("listops.tsv", "4\t( ( ( [MED 3 ) 5 ) ] )\n7\t7\n0\t[MIN 0 1 2 3 4 5 6 ]\n9\t[MAX [SM 8 1 ] 2 ]\n"));
  ASSERT_TRUE(CheckListOps(settings, "").ok());
  const LabelledExamples examples = Make(settings);
  ASSERT_EQ(examples.longer.size(), 1u);
  const ExampleSet& set = examples.longer[0];
  EXPECT_EQ(set.name, "published");
  EXPECT_EQ(set.lines, (std::vector<int64_t>{1, 2, 4}));
  EXPECT_EQ(set.examples[0].tokens, (Tokens{1, 14, 5, 7, 16}));
  EXPECT_EQ(set.examples[0].label, 4);
  EXPECT_EQ(set.examples[2].tokens, (Tokens{1, 13, 15, 10, 3, 16, 4, 16}));
  ASSERT_EQ(examples.notes.size(), 1u);
  EXPECT_EQ(examples.notes[0], settings.published() + ": 1 of 4 expressions have more than 8 tokens and are left out");
}

TEST(ListOpsTest, Refusals) {
  const auto message = [](const ListOps& settings) {
    EXPECT_FALSE(CheckListOps(settings, "").ok());
    return std::string(MakeListOps(settings, "").status().message());
  };
  EXPECT_EQ(message(Settings(5, 5, 9, 8)), "task.list_ops.min_tokens: 9 is more than max_tokens, which is 8");
  EXPECT_EQ(message(Settings(2, 3, 4, 48)),
            "task.list_ops.max_depth: 2, with at most 3 arguments no expression has more than 17 tokens; 48 are asked for by "
            "max_tokens and longest_multiple");
  const auto published = [&](const std::string& content) {
    ListOps settings = Settings(3, 4, 4, 8);
    settings.set_published(WriteTemporary("broken_listops.tsv", content));
    const std::string text = message(settings);
    EXPECT_EQ(text.rfind(settings.published(), 0), 0u) << text;
    return text.substr(settings.published().size());
  };
  EXPECT_EQ(published("x\t[MAX 1 2 ]\n"), ":1: \"x\\t[MAX 1 2 ]\"; a digit, a tab and an expression are needed");
  EXPECT_EQ(published("1\t[SUM 1 2 ]\n"), ":1: \"[SUM\" in an expression; allowed: digits, [MIN, [MAX, [MED, [SM, ], ( and )");
  EXPECT_EQ(published("1\t ( ) \n"), ":1: an empty expression");
}

// All that was published has the value that it says.
TEST(ListOpsDataTest, PublishedValuesAreTheDefinitions) {
  const char* const data = std::getenv("ABLATE_DATA");
  if (data == nullptr) GTEST_SKIP() << "ABLATE_DATA, the folder of public data files, is not set";
  ListOps settings = Settings(8, 5, 8, 250);
  settings.set_longest_multiple(4);
  settings.set_longer_examples(1);
  settings.set_published("listops/test_d20s.tsv.gz");
  const LabelledExamples examples = Make(settings, data);
  const ExampleSet& set = examples.longer.back();
  ASSERT_EQ(set.name, "published");
  ASSERT_EQ(set.examples.size(), 10000u);
  for (const Example& example : set.examples) ASSERT_EQ(Read(example.tokens, 1).value, example.label);
}

}  // namespace
}  // namespace ablate::tasks
