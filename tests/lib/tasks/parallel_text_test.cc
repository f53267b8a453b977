#include "lib/tasks/parallel_text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/tasks/generation_metrics.h"
#include "lib/tasks/task.h"
#include "tests/lib/tasks/temporary_file.h"

namespace ablate::tasks {
namespace {

using Tokens = std::vector<int32_t>;

constexpr char kSources[] = "ein Hund\nein Mann l\u00e4uft\nein Hund schl\u00e4ft\n";
constexpr char kTargets[] = "a dog\na man runs\nA dog sleeps\n";

// With words as tokens, so that these can be told in advance.
Task TaskOf(bool generation, const std::string& source, const std::string& target, const std::string& validation_source,
            const std::string& validation_target) {
  Task task;
  ParallelText& settings = generation ? *task.mutable_generation() : *task.mutable_translation();
  settings.set_train_source(WriteTemporary("train.source", source));
  settings.set_train_target(WriteTemporaryGzip("train.target.gz", target));
  settings.set_validation_source(WriteTemporary("validation.source", validation_source));
  settings.set_validation_target(WriteTemporary("validation.target", validation_target));
  settings.mutable_vocabulary()->set_kind(TextVocabulary::WORDS);
  return task;
}

Task Translation() { return TaskOf(false, kSources, kTargets, "ein Vogel l\u00e4uft\r\n", "a bird runs"); }

LabelledExamples Load(const Task& task) {
  EXPECT_TRUE(CheckTaskFiles(task, "").ok()) << CheckTaskFiles(task, "");
  auto examples = LoadTask(task, "");
  EXPECT_TRUE(examples.ok()) << examples.status();
  return *std::move(examples);
}

TEST(ParallelTextTest, SourcesAndTargetsShareAVocabulary) {
  const LabelledExamples examples = Load(Translation());
  EXPECT_EQ(examples.objective, Objective::kSequenceToSequence);
  ASSERT_EQ(examples.train.size(), 3u);
  // Hund, ein and a occur most: ein 3; Hund, a, dog 2; then A, Mann, l\u00e4uft, man, runs, schl\u00e4ft, sleeps by bytes.
  EXPECT_EQ(examples.vocabulary, 4 + 11);
  EXPECT_EQ(examples.train[0].tokens, (Tokens{4, 5, kEnd}));
  EXPECT_EQ(examples.train[0].target, (Tokens{kBegin, 6, 7, kEnd}));
  EXPECT_EQ(examples.validation[0].tokens, (Tokens{4, kUnknown, 10, kEnd}));
  EXPECT_EQ(examples.validation[0].target, (Tokens{kBegin, 6, kUnknown, 12, kEnd}));
  EXPECT_EQ(examples.lines, (std::vector<int64_t>{1}));
  EXPECT_EQ(examples.references, (std::vector<std::vector<std::string>>{{"a bird runs"}}));
  EXPECT_EQ(examples.generation_metrics, (std::vector<std::string>{"bleu"}));
  EXPECT_EQ(examples.max_tokens, 128);
  EXPECT_EQ(examples.max_target_tokens, 128);
  ASSERT_EQ(examples.notes.size(), 2u);
  EXPECT_EQ(examples.notes[0].rfind("vocabulary: WORDS, 15 tokens, sha256 ", 0), 0u);
  EXPECT_EQ(examples.notes[1], "bleu: as sacrebleu's nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0");
}

TEST(ParallelTextTest, ScoresAreOfTheTextsThatTokensStandFor) {
  const LabelledExamples examples = Load(TaskOf(false, kSources, kTargets, "ein Hund\n", "a dog runs a man\n"));
  const auto scores = ScoreGenerated(examples, examples.references, {{6, 7, 12, 6, 11}});
  ASSERT_EQ(scores.size(), 1u);
  EXPECT_EQ(scores[0].first, "bleu");
  EXPECT_DOUBLE_EQ(scores[0].second, 100);
  EXPECT_EQ(ScoreGenerated(examples, examples.references, {{}})[0].second, 0);
}

TEST(ParallelTextTest, GenerationJoinsTheReferencesOfASource) {
  const LabelledExamples examples =
      Load(TaskOf(true, kSources, kTargets, "ein Hund\nein Mann\nein Hund\n", "a dog\na man\nA dog sleeps\n"));
  ASSERT_EQ(examples.validation.size(), 2u);
  EXPECT_EQ(examples.references, (std::vector<std::vector<std::string>>{{"a dog", "A dog sleeps"}, {"a man"}}));
  EXPECT_EQ(examples.lines, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(examples.train.size(), 3u);
  const auto scores = ScoreGenerated(examples, examples.references, {{6, 7}, {6, 7}});
  ASSERT_EQ(scores.size(), 4u);
  EXPECT_EQ(scores[1], (std::pair<std::string, double>{"distinct_1", 2. / 4}));
  EXPECT_EQ(scores[3].first, "rouge_l");
  EXPECT_DOUBLE_EQ(scores[3].second, (1 + .5) / 2);
  EXPECT_EQ(examples.notes.back(), "bleu: as sacrebleu's nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0");
}

TEST(ParallelTextTest, TestFilesAreAFurtherSet) {
  Task task = Translation();
  ParallelText& settings = *task.mutable_translation();
  settings.set_test_source(WriteTemporary("test.source", "ein Mann\nein Hund\n"));
  settings.set_test_target(WriteTemporary("test.target", "a man\na dog\n"));
  const LabelledExamples examples = Load(task);
  ASSERT_EQ(examples.longer.size(), 1u);
  EXPECT_EQ(examples.longer[0].name, "test");
  EXPECT_EQ(examples.longer[0].examples.size(), 2u);
  EXPECT_EQ(examples.longer[0].lines, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(examples.longer[0].references.size(), 2u);
  EXPECT_EQ(TaskFiles(task),
            (std::vector<std::string>{settings.train_source(), settings.train_target(), settings.validation_source(),
                                      settings.validation_target(), settings.test_source(), settings.test_target()}));
}

TEST(ParallelTextTest, LongPairsAreLeftOutOfTrainingAndCutElsewhere) {
  Task task = TaskOf(false, kSources, kTargets, "ein Mann ein Mann\n", "a man a man\n");
  task.mutable_translation()->set_max_tokens(4);
  const LabelledExamples examples = Load(task);
  ASSERT_EQ(examples.train.size(), 1u);
  EXPECT_EQ(examples.notes.back(),
            task.translation().train_source() + ": 2 of 3 pairs have more than 4 tokens on a side and are left out");
  EXPECT_EQ(examples.validation[0].tokens, (Tokens{4, 9, 4, kEnd}));
  EXPECT_EQ(examples.validation[0].target, (Tokens{kBegin, 6, 11, kEnd}));
  EXPECT_EQ(examples.references[0][0], "a man a man") << "references stay whole";
}

TEST(ParallelTextTest, LowerCaseAndTrainRows) {
  Task task = Translation();
  task.mutable_translation()->mutable_vocabulary()->set_lower_case(true);
  task.mutable_translation()->set_train_rows(2);
  const LabelledExamples examples = Load(task);
  EXPECT_EQ(examples.train.size(), 2u);
  EXPECT_EQ(examples.text->Text({4, 5, 6, 7, 8, 9, 10, 11}), "a ein dog hund l\u00e4uft man mann runs");
}

TEST(ParallelTextTest, TargetsMayEndAtAMark) {
  Task task = TaskOf(true, "x y\n", "a b <eos>|||0,1,2\n", "x\n", "b <eos>\n");
  task.mutable_generation()->set_target_ends_at("<eos>");
  const LabelledExamples examples = Load(task);
  EXPECT_EQ(examples.references[0][0], "b");
  EXPECT_EQ(examples.text->Text(examples.train[0].target), "a b");
}

TEST(ParallelTextTest, Refusals) {
  const auto message = [](const Task& task, bool seen_by_check) {
    EXPECT_EQ(CheckTaskFiles(task, "").ok(), !seen_by_check);
    const auto examples = LoadTask(task, "");
    EXPECT_FALSE(examples.ok());
    return std::string(examples.status().message());
  };
  Task task = TaskOf(false, kSources, "a dog\na man runs\n", "x\n", "y\n");
  EXPECT_EQ(message(task, false), task.translation().train_target() + ": 2 lines, but " + task.translation().train_source() +
                                      " has 3; line n of one belongs to line n of the other");
  task = TaskOf(false, kSources, "a dog\n \nA dog\n", "x\n", "y\n");
  EXPECT_EQ(message(task, false), task.translation().train_target() + ":2: the line has no text");
  task.mutable_translation()->set_on_bad_row(TextClassification::SKIP);
  const LabelledExamples skipped = Load(task);
  ASSERT_EQ(skipped.skipped.size(), 1u);
  EXPECT_EQ(skipped.skipped[0].count, 1);
  task = TaskOf(false, "\nx\n", "a\nb\n", "x\n", "y\n");
  EXPECT_EQ(message(task, true), task.translation().train_source() + ":1: the line is empty");
  task = TaskOf(false, kSources, kTargets, "x\xff\n", "y\n");
  EXPECT_EQ(message(task, true), task.translation().validation_source() + ":1: not UTF-8: byte 2 of the line is 0xFF");
  task = Translation();
  task.mutable_translation()->set_target_ends_at("<eos>");
  EXPECT_EQ(message(task, true),
            task.translation().train_target() + ":1: \"a dog\" has no \"<eos>\", where its text is to end");
  task = Translation();
  task.mutable_translation()->set_max_tokens(3);
  EXPECT_EQ(message(task, false), task.translation().train_source() + ": all 3 pairs have more than 3 tokens on a side");
  task = Translation();
  task.mutable_translation()->set_test_source("x");
  EXPECT_EQ(message(task, true),
            "task.translation.test_source: is set without its partner; test_source and test_target go together");
  task.mutable_translation()->clear_train_target();
  EXPECT_EQ(message(task, true), "task.translation.train_target: is not set; a path is needed");
}

}  // namespace
}  // namespace ablate::tasks
