#include "lib/tasks/language_modeling.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/tasks/task.h"
#include "tests/lib/tasks/temporary_file.h"

namespace ablate::tasks {
namespace {

using Tokens = std::vector<int32_t>;

Task TaskOf(TextVocabulary::Kind kind, const std::string& train, uint32_t max_tokens) {
  Task task;
  LanguageModeling& settings = *task.mutable_language_modeling();
  settings.set_train(WriteTemporary("text.txt", train));
  settings.mutable_vocabulary()->set_kind(kind);
  settings.set_max_tokens(max_tokens);
  return task;
}

LabelledExamples Load(const Task& task) {
  EXPECT_TRUE(CheckTaskFiles(task, "").ok()) << CheckTaskFiles(task, "");
  auto examples = LoadTask(task, "");
  EXPECT_TRUE(examples.ok()) << examples.status();
  return *std::move(examples);
}

std::vector<Tokens> TokensOf(const std::vector<Example>& examples) {
  std::vector<Tokens> tokens;
  for (const Example& example : examples) tokens.push_back(example.tokens);
  return tokens;
}

TEST(LanguageModelingTest, WordsAndLineEndsInBlocks) {
  Task task = TaskOf(TextVocabulary::WORDS, "a b\n\n a c a\n", 4);
  task.mutable_language_modeling()->set_validation(WriteTemporary("validation.txt", "b d\n"));
  task.mutable_language_modeling()->set_test(WriteTemporary("test.txt", "\n"));
  const LabelledExamples examples = Load(task);
  EXPECT_EQ(examples.objective, Objective::kLanguageModel);
  EXPECT_EQ(examples.vocabulary, 7);
  EXPECT_EQ(TokensOf(examples.train), (std::vector<Tokens>{{kBegin, 4, 5, kEnd}, {kBegin, kEnd, 4, 6}, {kBegin, 4, kEnd}}));
  EXPECT_EQ(TokensOf(examples.validation), (std::vector<Tokens>{{kBegin, 5, kUnknown, kEnd}}));
  EXPECT_EQ(examples.words, 3);
  ASSERT_EQ(examples.longer.size(), 1u);
  EXPECT_EQ(examples.longer[0].name, "test");
  EXPECT_EQ(TokensOf(examples.longer[0].examples), (std::vector<Tokens>{{kBegin, kEnd}}));
  EXPECT_EQ(examples.longer[0].words, 1);
  EXPECT_TRUE(examples.generation_metrics.empty());
}

TEST(LanguageModelingTest, CharactersHaveTheLineFeedAsOne) {
  const LabelledExamples examples = Load(TaskOf(TextVocabulary::CHARACTERS, "ab\nab\nb\n", 100));
  // b 2, line feed 2, a 2 in training, by bytes: line feed, a, b.
  EXPECT_EQ(TokensOf(examples.train), (std::vector<Tokens>{{kBegin, 5, 6, 4, 5, 6, 4}}));
  EXPECT_EQ(TokensOf(examples.validation), (std::vector<Tokens>{{kBegin, 6, 4}}));
}

TEST(LanguageModelingTest, TheLastLinesValidateWithoutAFile) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "line " + std::to_string(i) + "\n";
  Task task = TaskOf(TextVocabulary::WORDS, text, 8);
  task.mutable_language_modeling()->set_validation_share(.25);
  LabelledExamples examples = Load(task);
  EXPECT_EQ(examples.words, 10 * 3);
  EXPECT_EQ(examples.vocabulary, 4 + 1 + 30) << "words of the held-out lines are not in the vocabulary";
  task.mutable_language_modeling()->set_train_rows(5);
  examples = Load(task);
  EXPECT_EQ(examples.words, 10 * 3);
  EXPECT_EQ(examples.vocabulary, 4 + 1 + 5);
}

TEST(LanguageModelingTest, Refusals) {
  const auto message = [](const Task& task) { return std::string(LoadTask(task, "").status().message()); };
  Task task = TaskOf(TextVocabulary::WORDS, "one line\n", 8);
  EXPECT_EQ(message(task), task.language_modeling().train() + ": 1 lines can't be split into training and validation");
  task = TaskOf(TextVocabulary::WORDS, "", 8);
  EXPECT_EQ(message(task), task.language_modeling().train() + ": no lines");
  task.mutable_language_modeling()->set_max_tokens(2);
  EXPECT_EQ(message(task), "task.language_modeling.max_tokens: 2; at least 3 are needed");
  task.mutable_language_modeling()->clear_train();
  EXPECT_EQ(message(task), "task.language_modeling.train: is not set; a path is needed");
}

}  // namespace
}  // namespace ablate::tasks
