#include "lib/tasks/text_classification.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lib/tasks/temporary_file.h"

namespace ablate::tasks {
namespace {

using Tokens = std::vector<int32_t>;

constexpr int32_t kUnknown = 1, kClassify = 2, kSeparate = 3;

// With files in the test's folder; columns premise, hypothesis and label.
Task Files(const std::string& train, const std::string& validation) {
  WriteTemporary("train.tsv", "premise\thypothesis\tlabel\n" + train);
  WriteTemporary("dev.tsv", "premise\thypothesis\tlabel\n" + validation);
  Task task;
  task.mutable_text_classification()->set_train("train.tsv");
  task.mutable_text_classification()->set_validation("dev.tsv");
  task.mutable_text_classification()->set_text_column("premise");
  return task;
}

LabelledExamples Load(const Task& task) {
  EXPECT_TRUE(CheckTaskFiles(task, testing::TempDir()).ok()) << CheckTaskFiles(task, testing::TempDir()).ToString();
  auto examples = LoadTask(task, testing::TempDir());
  EXPECT_TRUE(examples.ok()) << examples.status().ToString();
  return *std::move(examples);
}

std::string LoadError(const Task& task) {
  const absl::Status status = LoadTask(task, testing::TempDir()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  std::string message(status.message());
  if (message.rfind(testing::TempDir(), 0) == 0) message.erase(0, testing::TempDir().size());
  message.erase(0, message.find_first_not_of('/'));
  return message;
}

TEST(TextClassificationTest, SentencesAndLabels) {
  const LabelledExamples examples = Load(Files("a a a b\tx\tpos\nb c\tx\tneg\n", "b z A\tx\tneg\n"));
  EXPECT_EQ(examples.train[0].tokens, (Tokens{kClassify, 4, 4, 4, 5}));
  EXPECT_EQ(examples.train[1].tokens, (Tokens{kClassify, 5, 6}));
  EXPECT_EQ(examples.validation[0].tokens, (Tokens{kClassify, 5, kUnknown, 4}));
  EXPECT_EQ(examples.class_names, (std::vector<std::string>{"neg", "pos"}));
  EXPECT_EQ(examples.train[0].label, 1);
  EXPECT_EQ(examples.validation[0].label, 0);
  EXPECT_EQ(examples.classes, 2);
  EXPECT_EQ(examples.vocabulary, 4 + 3);
  EXPECT_EQ(examples.max_tokens, 128);
}

TEST(TextClassificationTest, PairsLoseTokensOfTheLongerTextFirst) {
  Task task = Files("a b c d e\tf g\t0\n", "a b\tc d e f g\t1\na\tf\t1\n");
  EXPECT_EQ(LoadError(task), "train.tsv: all labels are \"0\"; at least 2 classes are needed");
  task = Files("a b c d e\tf g\t0\na\tb\t1\n", "a b\tc d e f g\t1\na\tf\t1\n");
  task.mutable_text_classification()->set_second_text_column("hypothesis");
  task.mutable_text_classification()->set_max_tokens(7);
  // By count, then by bytes: a 4, b 5, then c 6, d 7, e 8, f 9, g 10.
  const LabelledExamples examples = Load(task);
  EXPECT_EQ(examples.train[0].tokens, (Tokens{kClassify, 4, 5, 6, kSeparate, 9, 10}));
  EXPECT_EQ(examples.validation[0].tokens, (Tokens{kClassify, 4, 5, kSeparate, 6, 7, 8}));
  EXPECT_EQ(examples.validation[1].tokens, (Tokens{kClassify, 4, kSeparate, 9}));
  EXPECT_EQ(examples.validation[1].second_start, 3);
  task.mutable_text_classification()->set_max_tokens(3);
  EXPECT_EQ(Load(task).train[0].tokens, (Tokens{kClassify, 4, kSeparate}));
}

TEST(TextClassificationTest, LongSentencesLoseTheirEnd) {
  Task task = Files("a b c d e\tx\t0\nf\tx\t1\n", "f\tx\t1\n");
  task.mutable_text_classification()->set_max_tokens(4);
  EXPECT_EQ(Load(task).train[0].tokens, (Tokens{kClassify, 4, 5, 6}));
  EXPECT_EQ(Load(task).max_tokens, 4);
}

TEST(TextClassificationTest, TrainRowsShortenExamplesAndWordsButNotClasses) {
  Task task = Files("a\tx\tred\nb\tx\tgreen\nc\tx\tblue\n", "c\tx\tblue\n");
  task.mutable_text_classification()->set_train_rows(2);
  const LabelledExamples examples = Load(task);
  EXPECT_EQ(examples.train.size(), 2u);
  EXPECT_EQ(examples.vocabulary, 4 + 2);
  EXPECT_EQ(examples.validation[0].tokens, (Tokens{kClassify, kUnknown}));
  EXPECT_EQ(examples.class_names, (std::vector<std::string>{"blue", "green", "red"}));
  task.mutable_text_classification()->set_train_rows(100);
  EXPECT_EQ(Load(task).train.size(), 3u);
}

TEST(TextClassificationTest, WordPieceVocabularyIsReadAndChecked) {
  Task task = Files("unable\tx\t0\na\tx\t1\n", "able\tx\t1\n");
  WriteTemporary("pieces.txt", "[PAD]\n[UNK]\n[SEP]\n[CLS]\nun\n##able\na\n");
  task.mutable_text_classification()->mutable_tokenizer()->set_kind(ablate::Tokenizer::WORD_PIECE);
  EXPECT_EQ(LoadError(task), "task.text_classification.tokenizer.vocabulary: is not set; a path is needed");
  task.mutable_text_classification()->mutable_tokenizer()->set_vocabulary("pieces.txt");
  const LabelledExamples examples = Load(task);
  EXPECT_EQ(examples.train[0].tokens, (Tokens{3, 4, 5, 2}));
  EXPECT_EQ(examples.train[0].second_start, 4);
  EXPECT_EQ(examples.validation[0].tokens, (Tokens{3, 1, 2}));
  EXPECT_EQ(examples.vocabulary, 7);
  WriteTemporary("pieces.txt", "[PAD]\n[UNK]\n[SEP]\n");
  EXPECT_FALSE(CheckTaskFiles(task, testing::TempDir()).ok());
}

TEST(TextClassificationTest, BadRowsSayWhere) {
  EXPECT_EQ(LoadError(Files("a\tx\t0\nb\tx\t1\n", "a\tx\t0\nb\tx\t2\n")),
            "dev.tsv:3: label \"2\" is not in the training file, which has \"0\", \"1\"");
  EXPECT_EQ(LoadError(Files("a\tx\t0\n \u2003\tx\t1\n", "a\tx\t0\n")), "train.tsv:3: the text \" \u2003\" has no token");
  EXPECT_EQ(LoadError(Files("a\tx\t0\nb\t1\n", "a\tx\t0\n")), "train.tsv:3: 2 cells, the header has 3");
  Task task = Files("a\tx\t0\nb\tx\t1\n", "a\tx\t0\n");
  task.mutable_text_classification()->set_text_column("sentence");
  EXPECT_EQ(LoadError(task),
            "train.tsv:1: no column \"sentence\" in the header, which has \"premise\", \"hypothesis\", \"label\"");
  EXPECT_EQ(CheckTaskFiles(task, testing::TempDir()), LoadTask(task, testing::TempDir()).status());
}

TEST(TextClassificationTest, PiecesOfPairsEndInASeparator) {
  Task task = Files("a a\tun\t0\na\tun\t1\n", "a\ta\t1\n");
  WriteTemporary("pieces.txt", "[PAD]\n[UNK]\n[SEP]\n[CLS]\nun\n##able\na\n");
  task.mutable_text_classification()->mutable_tokenizer()->set_kind(ablate::Tokenizer::WORD_PIECE);
  task.mutable_text_classification()->mutable_tokenizer()->set_vocabulary("pieces.txt");
  task.mutable_text_classification()->set_second_text_column("hypothesis");
  EXPECT_EQ(Load(task).train[0].tokens, (Tokens{3, 6, 6, 2, 4, 2}));
  EXPECT_EQ(Load(task).train[0].second_start, 4);
  task.mutable_text_classification()->set_max_tokens(3);
  EXPECT_EQ(Load(task).train[0].tokens, (Tokens{3, 2, 2}));
}

TEST(TextClassificationTest, BadRowsAreSkippedWhereAsked) {
  Task task = Files("a\tx\t0\nb\tx\t1\nc\n", "a\tx\t0\n \tx\t0\nb\tx\t2\n");
  task.mutable_text_classification()->set_on_bad_row(TextClassification::SKIP);
  const LabelledExamples examples = Load(task);
  EXPECT_EQ(examples.train.size(), 2u);
  EXPECT_EQ(examples.validation.size(), 1u);
  ASSERT_EQ(examples.skipped.size(), 2u);
  EXPECT_EQ(examples.skipped[0].count, 1);
  EXPECT_EQ(examples.skipped[1].count, 2);
  EXPECT_NE(examples.skipped[1].first.find("dev.tsv:3: the text \" \" has no token"), std::string::npos);
  task = Files("a\tx\t0\nb\tx\t1\n", "b\tx\t2\n");
  task.mutable_text_classification()->set_on_bad_row(TextClassification::SKIP);
  EXPECT_NE(LoadError(task).find("no rows that can be used; "), std::string::npos);
}

TEST(EvaluationSetTest, HasTheTasksClassesAndTokensAndItsOwnColumns) {
  const Task task = Files("a a a b\tx\tpos\nb c\tx\tneg\n", "b\tx\tneg\n");
  WriteTemporary("other.tsv", "polarity\ttext\n+\tb z\nneg\ta c\n");
  EvaluationSet set;
  set.set_file("other.tsv");
  set.set_text_column("text");
  set.set_label_column("polarity");
  set.add_label()->set_here("+");
  set.mutable_label(0)->set_in_training("pos");
  const auto examples = LoadEvaluationSet(task, set, testing::TempDir());
  ASSERT_TRUE(examples.ok()) << examples.status();
  EXPECT_TRUE(examples->train.empty());
  ASSERT_EQ(examples->validation.size(), 2u);
  EXPECT_EQ(examples->validation[0].tokens, (Tokens{kClassify, 5, kUnknown}));
  EXPECT_EQ(examples->validation[0].label, 1);
  EXPECT_EQ(examples->validation[1].label, 0);
  EXPECT_EQ(examples->lines, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(examples->class_names, (std::vector<std::string>{"neg", "pos"}));
  EXPECT_EQ(examples->vocabulary, 4 + 3);
}

// HANS tells two classes apart, the task three.
TEST(EvaluationSetTest, OneLabelMayStandForSeveral) {
  const Task task = Files("a\tx\tentailment\nb\tx\tneutral\nc\tx\tcontradiction\n", "b\tx\tneutral\n");
  WriteTemporary("hans.tsv", "premise\tlabel\na\tentailment\nb\tnon-entailment\nc\tcontradiction\n");
  EvaluationSet set;
  set.set_name("hans");
  set.set_file("hans.tsv");
  for (const char* name : {"neutral", "contradiction"}) {
    set.add_label()->set_here("non-entailment");
    set.mutable_label(set.label_size() - 1)->set_in_training(name);
  }
  const auto examples = LoadEvaluationSet(task, set, testing::TempDir());
  ASSERT_TRUE(examples.ok()) << examples.status();
  EXPECT_EQ(examples->class_names, (std::vector<std::string>{"contradiction", "entailment", "neutral"}));
  EXPECT_EQ(examples->counts_as, (std::vector<int32_t>{0, 1, 0}));
  ASSERT_EQ(examples->validation.size(), 3u);
  EXPECT_EQ(examples->validation[0].label, 1);
  EXPECT_EQ(examples->validation[1].label, 0);
  EXPECT_EQ(examples->validation[2].label, 0);
  set.mutable_label(1)->set_in_training("contradict");
  EXPECT_EQ(LoadEvaluationSet(task, set, testing::TempDir()).status().message(),
            "evaluation \"hans\": label \"non-entailment\" stands for several, of which \"contradict\" is no label of the "
            "training file; there: contradiction, entailment, neutral");
}

TEST(EvaluationSetTest, RecordsOfAJsonFile) {
  const Task task = Files("a\tx\tpos\nb\tx\tneg\n", "b\tx\tneg\n");
  WriteTemporary("attacks.json", R"({"qqp": [], "sst2": [{"premise": "b a", "label": "pos"}]})");
  EvaluationSet set;
  set.set_file("attacks.json");
  set.set_json_key("sst2");
  const auto examples = LoadEvaluationSet(task, set, testing::TempDir());
  ASSERT_TRUE(examples.ok()) << examples.status();
  ASSERT_EQ(examples->validation.size(), 1u);
  EXPECT_EQ(examples->validation[0].label, 1);
  EXPECT_TRUE(examples->counts_as.empty());
}

TEST(EvaluationSetTest, ErrorsNameFileAndLine) {
  Task task = Files("a\tx\tpos\nb\tx\tneg\n", "b\tx\tneg\n");
  WriteTemporary("other.tsv", "premise\tlabel\na\tpos\nb\tneutral\n");
  EvaluationSet set;
  set.set_file("other.tsv");
  const auto message = [&] { return std::string(LoadEvaluationSet(task, set, testing::TempDir()).status().message()); };
  EXPECT_NE(message().find("other.tsv:3: label \"neutral\" is not in the training file"), std::string::npos) << message();
  task.mutable_text_classification()->set_on_bad_row(TextClassification::SKIP);
  const auto skipped = LoadEvaluationSet(task, set, testing::TempDir());
  ASSERT_TRUE(skipped.ok()) << skipped.status();
  EXPECT_EQ(skipped->lines, (std::vector<int64_t>{2}));
  EXPECT_EQ(skipped->skipped[0].count, 1);
  set.set_file("none.tsv");
  EXPECT_EQ(LoadEvaluationSet(task, set, testing::TempDir()).status().code(), absl::StatusCode::kNotFound);
  Task made;
  made.mutable_recall();
  EXPECT_EQ(LoadEvaluationSet(made, set, testing::TempDir()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(TextClassificationTest, MissingFiles) {
  Task task = Files("a\tx\t0\nb\tx\t1\n", "a\tx\t0\n");
  task.mutable_text_classification()->set_validation("none.tsv");
  EXPECT_EQ(CheckTaskFiles(task, testing::TempDir()).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(LoadTask(task, testing::TempDir()).status().code(), absl::StatusCode::kNotFound);
  task.mutable_text_classification()->clear_validation();
  EXPECT_EQ(LoadError(task), "task.text_classification.validation: is not set; a path is needed");
}

}  // namespace
}  // namespace ablate::tasks
