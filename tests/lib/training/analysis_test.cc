// Analyses of finished trials: the statistics of training and the FULL set, treebanks, drawings, and what is refused.
#include "lib/training/analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "lib/attribution/catalogue.h"
#include "lib/base/files.h"
#include "lib/eventlog/reader.h"
#include "lib/eventlog/writer.h"
#include "lib/statistics/catalogue.h"
#include "lib/training/run_launch.h"
#include "tests/lib/training/launches.h"

namespace ablate::training {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kTrain[] = "sentence\tlabel\nfine film\tgood\nbad film\tbad\nfine fine\tgood\nbad bad plot\tbad\n";
constexpr char kTrees[] =
    "1\tfine\t_\t_\t_\t_\t2\tamod\t_\t_\n2\tfilm\t_\t_\t_\t_\t0\troot\t_\t_\n\n"
    "1\tbad\t_\t_\t_\t_\t2\tamod\t_\t_\n2\tplot\t_\t_\t_\t_\t0\troot\t_\t_\n3\tbad\t_\t_\t_\t_\t2\tamod\t_\t_\n\n"
    "1\tfilm\t_\t_\t_\t_\t0\troot\t_\t_\n";

class Analyze : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = FreshFolder();
    ASSERT_TRUE(MakeFolders(folder_).ok());
  }

  void Train(const Trial& trial) {
    trial_ = trial;
    trained_ = RunInFolder(JoinPath(folder_, "launch"), {{"one", trial_, ""}}).trials.at("one");
    ASSERT_EQ(trained_.end.outcome(), AttemptEnd::SUCCEEDED) << trained_.end.message();
  }
  void TrainOnSentences() {
    Trial trial = SmallTrial();
    TextClassification& task = *trial.mutable_task()->mutable_text_classification();
    task.set_train(Write("train.tsv", kTrain));
    task.set_validation(task.train());
    Train(trial);
  }
  std::string Write(const std::string& name, const std::string& content) const {
    EXPECT_TRUE(WriteFileAtomically(JoinPath(folder_, name), content).ok());
    return JoinPath(folder_, name);
  }

  EvaluationResult Ask(const Analysis& analysis, const std::string& file = "") const {
    const std::string folder = FreshFolder(), log = JoinPath(folder, "events.log");
    EXPECT_TRUE(MakeFolders(folder).ok());
    LaunchRequest request;
    TrialRequest& trial = *request.add_trial();
    trial.set_id("one");
    *trial.mutable_trial() = trial_;
    trial.set_checkpoint(JoinPath(folder_, "launch/checkpoints/one.safetensors"));
    EvaluationRequest& evaluation = *trial.add_evaluation();
    evaluation.set_id("id");
    evaluation.mutable_set()->set_name("set");
    if (!file.empty()) evaluation.mutable_set()->set_file(file);
    *evaluation.mutable_analysis() = analysis;
    EXPECT_TRUE(RunLaunch(request, folder, **eventlog::Writer::Open(log)).ok());
    const auto events = eventlog::Reader(log).Read();
    EXPECT_EQ(events->size(), 1u);
    return events->at(0).evaluation_result();
  }

  std::string folder_;
  Trial trial_;
  TrialLog trained_;
};

TEST_F(Analyze, AllExamplesGiveWhatTrainingLoggedAndMore) {
  Train(SmallTrial());
  const EvaluationResult result = Ask(Analysis());
  ASSERT_EQ(result.failure(), "");
  EXPECT_EQ(result.step(), 24u);
  AttentionStatistics logged;
  ASSERT_TRUE(logged.ParseFromString(trained_.statistics.at(24)));
  std::map<std::string, double> values;
  std::set<std::string> names;
  for (const HeadStatistic& head : result.statistics().head()) {
    values[std::to_string(head.layer()) + "." + std::to_string(head.head()) + head.statistic()] = head.value();
    names.insert(head.statistic());
  }
  ASSERT_GT(logged.head_size(), 0);
  for (const HeadStatistic& head : logged.head()) {
    EXPECT_EQ(values.at(std::to_string(head.layer()) + "." + std::to_string(head.head()) + head.statistic()), head.value())
        << head.statistic();
  }
  for (const LayerStatistic& layer : result.statistics().layer()) names.insert(layer.statistic());
  EXPECT_EQ(result.statistics().degrees_size(), logged.degrees_size());
  // All there are, but for those that only some trials have: of what is learned, imposed, balanced.
  static const std::regex of_some(
      "alpha|imposed_share|length_scale|sink|(multiplier|violation)_.*|(rows|columns)_(at|near|off)_k");
  for (const statistics::Entry& entry : statistics::Catalogue()) {
    EXPECT_EQ(names.count(entry.name), std::regex_match(entry.name, of_some) ? 0u : 1u) << entry.name;
  }
  EXPECT_EQ(result.value(0), trained_.points.at({"validation/accuracy", 24}));
}

TEST_F(Analyze, ASampleIsASampleAndTrainIsAnother) {
  Train(SmallTrial());
  Analysis few;
  few.set_examples(5);
  const EvaluationResult sample = Ask(few);
  EXPECT_EQ(sample.examples(), 5u);
  EXPECT_EQ(Ask(few).statistics().SerializeAsString(), sample.statistics().SerializeAsString());
  few.set_source(Analysis::TRAIN);
  const EvaluationResult train = Ask(few);
  EXPECT_EQ(train.examples(), 5u);
  EXPECT_NE(train.statistics().SerializeAsString(), sample.statistics().SerializeAsString());
}

TEST_F(Analyze, AttributionsOfASample) {
  Train(SmallTrial());
  Analysis analysis;
  analysis.set_examples(3);
  for (const attribution::Entry& entry : attribution::Catalogue()) analysis.add_attribution(entry.name);
  const EvaluationResult result = Ask(analysis);
  ASSERT_EQ(result.failure(), "");
  std::map<std::string, double> metrics;
  for (int i = 0; i < result.metric_size(); ++i) metrics[result.metric(i)] = result.value(i);
  for (const attribution::Entry& entry : attribution::Catalogue()) {
    EXPECT_GE(metrics.at(entry.name + "/effective_tokens"), 1) << entry.name;
  }
  EXPECT_LE(metrics.at("integrated_gradients/completeness_gap"), metrics.at("integrated_gradients/largest_gap"));
}

TEST_F(Analyze, ATreebank) {
  TrainOnSentences();
  Analysis analysis;
  analysis.set_source(Analysis::DEPENDENCIES);
  analysis.add_attribution("attention_rollout");
  const EvaluationResult result = Ask(analysis, Write("trees.conllu", kTrees));
  ASSERT_EQ(result.failure(), "");
  EXPECT_EQ(result.examples(), 2u);
  EXPECT_EQ(result.metric(0), "skipped_sentences");
  EXPECT_EQ(result.value(0), 1);  // a single word has no pairs
  ASSERT_EQ(result.relation_baseline_size(), 2);
  EXPECT_EQ(result.relation_baseline(0).relation(), "amod");
  EXPECT_EQ(result.relation_baseline(0).pairs(), 3u);
  const auto& encoder = trial_.model().encoder();
  EXPECT_EQ(result.relation_size(), static_cast<int>(2 * encoder.layers() * encoder.heads()));
  ASSERT_EQ(result.distance_size(), 2);
  EXPECT_EQ(result.distance(0).pairs(), 6u);
  EXPECT_EQ(result.distance(1).pairs(), 2u);
  const EvaluationResult cut = Ask(analysis, Write("cut.conllu", "1\tfine\n"));
  EXPECT_THAT(cut.failure(), HasSubstr("cut.conllu:1: 2 columns"));
  analysis.add_attribution("gradient_x_input");
  EXPECT_THAT(Ask(analysis, JoinPath(folder_, "trees.conllu")).failure(), HasSubstr("is not of each token"));
}

TEST_F(Analyze, ATextIsDrawn) {
  TrainOnSentences();
  Analysis analysis;
  analysis.set_source(Analysis::TEXT);
  analysis.set_text("fine bad words");
  analysis.add_attribution("integrated_gradients");
  const EvaluationResult result = Ask(analysis);
  ASSERT_EQ(result.failure(), "");
  const AttentionDrawing& drawing = result.drawing();
  EXPECT_THAT(std::vector<std::string>(drawing.token().begin(), drawing.token().end()),
              ElementsAre("[CLS]", "fine", "bad", "[UNK]"));
  EXPECT_THAT(std::vector<std::string>(result.class_name().begin(), result.class_name().end()), ElementsAre("bad", "good"));
  ASSERT_GT(drawing.head_size(), 0);
  for (const HeadMap& head : drawing.head()) {
    ASSERT_EQ(head.probability_size(), 16);
    ASSERT_EQ(head.support_size(), 16);
    for (int i = 0; i < 16; ++i) EXPECT_TRUE(head.support(i) || head.probability(i) == 0);
  }
  ASSERT_EQ(drawing.attribution_size(), 1);
  EXPECT_EQ(drawing.attribution(0).value_size(), 4);
  analysis.clear_text();
  analysis.set_example(1);
  EXPECT_EQ(Ask(analysis).drawing().token(1), "bad");
  analysis.set_example(4);
  EXPECT_THAT(Ask(analysis).failure(), HasSubstr("there are those from 0 to 3"));
}

TEST_F(Analyze, WhatIsNoTextHasExamplesAlone) {
  Train(SmallTrial());
  Analysis analysis;
  analysis.set_source(Analysis::TEXT);
  const EvaluationResult result = Ask(analysis);
  ASSERT_EQ(result.failure(), "");
  EXPECT_EQ(result.drawing().token(0), "1");  // majority's [CLS]
  analysis.set_text("fine");
  EXPECT_THAT(Ask(analysis).failure(), HasSubstr("texts are for trials of task.text_classification"));
}

TEST(SampleOf, IsAscendingWithoutRepeats) {
  const std::vector<int64_t> sample = SampleOf(100, 10);
  EXPECT_EQ(sample.size(), 10u);
  EXPECT_EQ(std::set<int64_t>(sample.begin(), sample.end()).size(), 10u);
  EXPECT_TRUE(std::is_sorted(sample.begin(), sample.end()));
  EXPECT_EQ(SampleOf(3, 0), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(SampleOf(3, 7), SampleOf(3, 3));
  EXPECT_TRUE(SampleOf(0, 5).empty());
}

}  // namespace
}  // namespace ablate::training
