// Finished trials on second sets: the same numbers as in training, example by example, and what is said where it can't be.
#include <gtest/gtest.h>

#include <cmath>

#include "lib/base/files.h"
#include "lib/eventlog/reader.h"
#include "lib/eventlog/writer.h"
#include "lib/training/run_launch.h"
#include "tests/lib/training/launches.h"

namespace ablate::training {
namespace {

constexpr char kTrain[] = "sentence\tlabel\nfine film\tgood\nbad film\tbad\nfine fine\tgood\nbad bad plot\tbad\n";
constexpr char kValidation[] = "sentence\tlabel\nfine plot\tgood\nbad\tbad\nfilm\tbad\n";

class EvaluateTrials : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = FreshFolder();
    ASSERT_TRUE(MakeFolders(folder_).ok());
    Write("train.tsv", kTrain);
    Write("validation.tsv", kValidation);
    trial_ = SmallTrial();
    TextClassification& task = *trial_.mutable_task()->mutable_text_classification();
    task.set_train(Path("train.tsv"));
    task.set_validation(Path("validation.tsv"));
    trial_.mutable_attention()->mutable_sparsity()->set_structure(Sparsity::RANDOM);
    trial_.mutable_attention()->mutable_sparsity()->set_level(.5);
    trained_ = RunInFolder(Path("launch"), {{"one", trial_, ""}}).trials.at("one");
    ASSERT_EQ(trained_.end.outcome(), AttemptEnd::SUCCEEDED) << trained_.end.message();
  }

  std::string Path(const std::string& name) const { return JoinPath(folder_, name); }
  void Write(const std::string& name, const std::string& content) const {
    ASSERT_TRUE(WriteFileAtomically(Path(name), content).ok());
  }
  EvaluationSet Set(const std::string& name, const std::string& file) const {
    EvaluationSet set;
    set.set_name(name);
    set.set_file(Path(file));
    return set;
  }

  std::vector<EvaluationResult> Evaluate(const std::vector<EvaluationSet>& sets,
                                         const std::string& checkpoint = "checkpoints/one.safetensors") const {
    const std::string folder = FreshFolder(), log = JoinPath(folder, "events.log");
    EXPECT_TRUE(MakeFolders(folder).ok());
    LaunchRequest request;
    TrialRequest& trial = *request.add_trial();
    trial.set_id("one");
    *trial.mutable_trial() = trial_;
    trial.set_checkpoint(JoinPath(Path("launch"), checkpoint));
    for (const EvaluationSet& set : sets) {
      trial.add_evaluation()->set_id("id of " + set.name());
      *trial.mutable_evaluation(trial.evaluation_size() - 1)->mutable_set() = set;
    }
    EXPECT_TRUE(RunLaunch(request, folder, **eventlog::Writer::Open(log)).ok());
    std::vector<EvaluationResult> results;
    const auto events = eventlog::Reader(log).Read();
    for (const Event& event : *events) {
      EXPECT_TRUE(event.has_evaluation_result()) << event.ShortDebugString();
      results.push_back(event.evaluation_result());
    }
    return results;
  }

  std::string folder_;
  Trial trial_;
  TrialLog trained_;
};

TEST_F(EvaluateTrials, TheValidationFileGivesWhatTrainingLogged) {
  const std::vector<EvaluationResult> results = Evaluate({Set("again", "validation.tsv")});
  ASSERT_EQ(results.size(), 1u);
  const EvaluationResult& result = results[0];
  ASSERT_EQ(result.failure(), "");
  EXPECT_EQ(result.trial(), "one");
  EXPECT_EQ(result.id(), "id of again");
  EXPECT_EQ(result.step(), 24u);
  EXPECT_EQ(result.value(0), trained_.points.at({"validation/accuracy", 24}));
  EXPECT_EQ(result.value(1), trained_.points.at({"validation/loss", 24}));
  ASSERT_EQ(result.class_name_size(), 2);
  EXPECT_EQ(result.class_name(0), "bad");
  double right = 0, loss = 0;
  ASSERT_EQ(result.line_size(), 3);
  const uint32_t labels[] = {1, 0, 0};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(result.line(i), static_cast<uint32_t>(i + 2));
    EXPECT_EQ(result.label(i), labels[i]);
    EXPECT_GE(result.score(i), .5f);
    const bool correct = result.prediction(i) == result.label(i);
    right += correct;
    loss -= std::log(correct ? result.score(i) : 1 - result.score(i)) / 3;
  }
  EXPECT_EQ(right / 3, result.value(0));
  // A score is a rounded probability of at most 1: 6e-8. Its complement is at least exp(-3 loss).
  EXPECT_NEAR(loss, result.value(1), 6e-8 * std::exp(3 * result.value(1)) + 1e-7);
}

TEST_F(EvaluateTrials, AnotherFileWithOtherColumnsAndLabels) {
  Write("other.tsv", "polarity\ttext\n+\tfine\n-\tbad film\n");
  EvaluationSet set = Set("other", "other.tsv");
  set.set_text_column("text");
  set.set_label_column("polarity");
  for (const auto& [here, there] : {std::pair("+", "good"), std::pair("-", "bad")}) {
    set.add_label()->set_here(here);
    set.mutable_label(set.label_size() - 1)->set_in_training(there);
  }
  const std::vector<EvaluationResult> results = Evaluate({set});
  ASSERT_EQ(results[0].failure(), "");
  ASSERT_EQ(results[0].label_size(), 2);
  EXPECT_EQ(results[0].label(0), 1u);
  EXPECT_EQ(results[0].label(1), 0u);
}

TEST_F(EvaluateTrials, ALabelThatStandsForSeveralClassesJoinsThem) {
  Write("joined.tsv", "sentence\tlabel\nfine\tany\nbad film\tany\nbad\tgood\n");
  EvaluationSet set = Set("joined", "joined.tsv");
  for (const char* name : {"good", "bad"}) {
    set.add_label()->set_here("any");
    set.mutable_label(set.label_size() - 1)->set_in_training(name);
  }
  const std::vector<EvaluationResult> results = Evaluate({set});
  ASSERT_EQ(results[0].failure(), "");
  ASSERT_EQ(results[0].metric(0), "accuracy");
  EXPECT_EQ(results[0].value(0), 1) << "both classes are one, so nothing can be wrong";
  ASSERT_EQ(results[0].label_size(), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(results[0].label(i), 0u);
    EXPECT_EQ(results[0].prediction(i), 0u);
  }
}

TEST_F(EvaluateTrials, UnderAttackNoMoreIsRight) {
  EvaluationSet attacked = Set("attacked", "validation.tsv");
  attacked.set_substituted_words(2);
  const std::vector<EvaluationResult> results = Evaluate({Set("plain", "validation.tsv"), attacked});
  ASSERT_EQ(results[1].failure(), "");
  EXPECT_LE(results[1].value(0), results[0].value(0));
  EXPECT_GT(results[1].value(1), results[0].value(1)) << "the loss of what was right has risen";
}

TEST_F(EvaluateTrials, WhatIsWrongWithOneLeavesTheOthersAlone) {
  Write("unknown.tsv", "sentence\tlabel\nfine\tso-so\n");
  const std::vector<EvaluationResult> results =
      Evaluate({Set("none", "none.tsv"), Set("unknown", "unknown.tsv"), Set("fine", "validation.tsv")});
  ASSERT_EQ(results.size(), 3u);
  EXPECT_NE(results[0].failure().find("none.tsv"), std::string::npos) << results[0].failure();
  EXPECT_EQ(results[0].metric_size(), 0);
  EXPECT_NE(results[1].failure().find("unknown.tsv:2: label \"so-so\" is not in the training file"), std::string::npos)
      << results[1].failure();
  EXPECT_FALSE(results[2].has_failure());
}

TEST_F(EvaluateTrials, WeightsMustBeThere) {
  const std::vector<EvaluationResult> results = Evaluate({Set("again", "validation.tsv")}, "checkpoints/two.safetensors");
  EXPECT_NE(results[0].failure().find("two.safetensors"), std::string::npos) << results[0].failure();
}

}  // namespace
}  // namespace ablate::training
