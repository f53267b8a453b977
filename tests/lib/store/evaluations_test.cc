// Results on second sets: stored once, with every prediction; failures are messages; a merge takes them along.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/lib/store/example.h"

namespace ablate::store {
namespace {

using ::testing::HasSubstr;

EvaluationResult ResultOf(const std::string& id, int trial, double accuracy, const std::vector<uint32_t>& predictions) {
  EvaluationResult result;
  result.set_trial(TrialId(trial));
  result.set_id(id);
  result.mutable_set()->set_name("robust");
  result.mutable_set()->set_file("robust.tsv");
  result.set_step(24);
  result.add_metric("accuracy");
  result.add_value(accuracy);
  result.add_metric("loss");
  result.add_value(std::numeric_limits<double>::quiet_NaN());
  for (const char* name : {"bad", "good"}) result.add_class_name(name);
  for (size_t i = 0; i < predictions.size(); ++i) {
    result.add_line(static_cast<uint32_t>(i) + 2);
    result.add_label(1);
    result.add_prediction(predictions[i]);
    result.add_score(.75f);
  }
  return result;
}

Event EventOf(EvaluationResult result) {
  Event event;
  *event.mutable_evaluation_result() = std::move(result);
  return event;
}

void Store(Writer& writer, const std::string& launch, const std::vector<EvaluationResult>& results) {
  Check(writer.RecordLaunch(LaunchOf(launch, {})));
  Events events;
  for (const EvaluationResult& result : results) events.Add(EventOf(result));
  events.EndLaunch(1);
  Check(writer.Collect(launch, events.all()));
  Check(writer.Collect(launch, events.all()));
  Check(writer.EndLaunch(launch, "ended", "pending", "", ""));
}

constexpr char kResults[] =
    "SELECT experiment, arm, seed, evaluation, metric, value, examples, substr(trial_id, 31), evaluation_id "
    "FROM evaluation_results ORDER BY experiment, evaluation_id, metric";

TEST(Evaluations, AreStoredOnceWithEveryPrediction) {
  const std::string path = NewDatabasePath("evaluations");
  const auto writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 2)));
  Store(*writer, "one", {ResultOf("e1", 1, .5, {1, 0})});
  Store(*writer, "two", {ResultOf("e1", 1, .25, {0, 0}), ResultOf("e2", 2, 1, {1, 1})});
  EXPECT_EQ(Rows(path, kResults),
            "first|a|1|robust|accuracy|0.5|2|01|e1\nfirst|a|1|robust|loss|NULL|2|01|e1\n"
            "first|a|2|robust|accuracy|1|2|02|e2\nfirst|a|2|robust|loss|NULL|2|02|e2\n");
  EXPECT_EQ(Rows(path, "SELECT evaluation_id, line, label, prediction, correct, score FROM predictions ORDER BY 1, 2"),
            "e1|2|good|good|1|0.75\ne1|3|good|bad|0|0.75\ne2|2|good|good|1|0.75\ne2|3|good|good|1|0.75\n");
  // No trial has been attempted, so none has changed its state.
  EXPECT_EQ(Rows(path, "SELECT DISTINCT state FROM trial_overview"), "pending\n");
}

TEST(Evaluations, AFailureIsAMessage) {
  const std::string path = NewDatabasePath("failures");
  const auto writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 1)));
  EvaluationResult failed;
  failed.set_trial(TrialId(1));
  failed.set_id("e1");
  failed.mutable_set()->set_name("robust");
  failed.set_failure("robust.tsv: there is no such file");
  Store(*writer, "one", {failed});
  EXPECT_EQ(Rows(path, "SELECT severity, text FROM messages"), "ERROR|evaluation robust: robust.tsv: there is no such file\n");
  EXPECT_EQ(Rows(path, kResults), "");
  Store(*writer, "two", {ResultOf("e1", 1, .5, {1, 0})});  // mended
  EXPECT_THAT(Rows(path, kResults), HasSubstr("|accuracy|0.5|"));
}

TEST(Evaluations, WhatMakesNoSenseIsRefused) {
  const auto writer = OpenWriter(NewDatabasePath("senseless"));
  Check(writer->RecordExperiment(Example("first", 1, 1)));
  EvaluationResult no_scores = ResultOf("e1", 1, .5, {1, 0}), no_id = no_scores, no_values = no_scores;
  no_scores.clear_score();
  no_id.clear_id();
  no_values.clear_value();
  int launch = 0;
  for (const auto& [result, says] :
       {std::pair(no_scores, "2 lines with 2 labels, 2 predictions and 0 scores"), std::pair(no_id, "has no id"),
        std::pair(no_values, "2 metrics with 0 values"), std::pair(ResultOf("e1", 7, .5, {}), "is no trial of the database")}) {
    const std::string name = "launch" + std::to_string(++launch);
    Check(writer->RecordLaunch(LaunchOf(name, {})));
    const absl::Status status = writer->Collect(name, Events().Add(EventOf(result)).all());
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(says));
  }
}

EvaluationResult AnalysisOf(const std::string& id, int trial) {
  EvaluationResult result;
  result.set_trial(TrialId(trial));
  result.set_id(id);
  result.mutable_set()->set_name("validation");
  result.mutable_analysis()->set_examples(7);
  result.set_step(24);
  result.set_examples(7);
  HeadStatistic& head = *result.mutable_statistics()->add_head();
  head.set_attention("encoder");
  head.set_layer(1);
  head.set_head(2);
  head.set_statistic("gini");
  head.set_value(.5);
  LayerStatistic& layer = *result.mutable_statistics()->add_layer();
  layer.set_attention("encoder");
  layer.set_layer(1);
  layer.set_statistic("reach");
  layer.set_value(std::numeric_limits<double>::quiet_NaN());
  DegreeDistribution& degrees = *result.mutable_statistics()->add_degrees();
  degrees.set_attention("encoder");
  degrees.set_direction("out");
  for (const uint32_t degree : {1, 4}) degrees.add_degree(degree), degrees.add_count(10 * degree);
  RelationAccuracy& relation = *result.add_relation();
  relation.set_attention("encoder");
  relation.set_relation("nsubj");
  relation.set_direction("head");
  relation.set_pairs(8);
  relation.set_correct(2);
  RelationBaseline& baseline = *result.add_relation_baseline();
  baseline.set_relation("nsubj");
  baseline.set_direction("head");
  baseline.set_pairs(8);
  baseline.set_best_offset(-1);
  baseline.set_best_offset_correct(4);
  baseline.set_random_share(.125);
  AttributionByDistance& distance = *result.add_distance();
  distance.set_method("value_zeroing");
  distance.set_distance(2);
  distance.set_pairs(30);
  distance.set_mean(.25);
  distance.set_by_offset(.5);
  distance.set_random(.125);
  return result;
}

constexpr char kAnalysis[] =
    "SELECT analysis || ' ' || examples || ' ' || settings FROM analyses"
    " UNION ALL SELECT layer || '.' || head || ' ' || statistic || ' ' || value FROM analysis_head_statistics"
    " UNION ALL SELECT layer || ' ' || statistic || ' ' || COALESCE(value, 'NULL') FROM analysis_layer_statistics"
    " UNION ALL SELECT direction || ' ' || degree || ' ' || count FROM analysis_degrees"
    " UNION ALL SELECT relation || ' ' || accuracy || ' ' || best_offset || ' ' || best_offset_accuracy FROM relation_accuracy"
    " UNION ALL SELECT method || ' ' || distance || ' ' || mean || ' ' || by_offset FROM attribution_by_distance";
constexpr char kAnalysisRows[] =
    "validation 7 examples: 7\n1.2 gini 0.5\n1 reach NULL\nout 1 10\nout 4 40\nnsubj 0.25 -1 0.5\nvalue_zeroing 2 0.25 0.5\n";

TEST(Evaluations, AnAnalysisIsNoResultOnASecondSet) {
  const std::string path = NewDatabasePath("analysis");
  const auto writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 1)));
  Store(*writer, "one", {AnalysisOf("a1", 1)});
  Store(*writer, "two", {AnalysisOf("a1", 1)});
  EXPECT_EQ(Rows(path, kAnalysis), kAnalysisRows);
  EXPECT_EQ(Rows(path, kResults), "");
  EXPECT_EQ(Rows(path, "SELECT COUNT(*) FROM head_statistics"), "0\n");  // nor one of training
}

TEST(Evaluations, AMergeTakesAnalyses) {
  const std::string a = NewDatabasePath("a"), b = NewDatabasePath("b");
  {
    const auto writer = OpenWriter(b);
    Check(writer->RecordExperiment(Example("first", 1, 1)));
    Store(*writer, "theirs", {AnalysisOf("a1", 1)});
  }
  const auto writer = OpenWriter(a);
  Check(writer->RecordExperiment(Example("first", 1, 1)));
  Store(*writer, "ours", {ResultOf("e1", 1, .5, {1, 0})});  // keys of evaluations differ
  ASSERT_TRUE(writer->Merge(b).ok());
  EXPECT_EQ(Rows(a, kAnalysis), kAnalysisRows);
}

TEST(Evaluations, AMergeTakesThoseThatAreNew) {
  const std::string a = NewDatabasePath("a"), b = NewDatabasePath("b");
  {
    const auto writer = OpenWriter(b);
    Check(writer->RecordExperiment(Example("first", 1, 2)));
    Store(*writer, "theirs", {ResultOf("e1", 1, .25, {0, 0}), ResultOf("e2", 2, 1, {1, 1})});
  }
  const auto writer = OpenWriter(a);
  Check(writer->RecordExperiment(Example("first", 1, 2)));
  Store(*writer, "ours", {ResultOf("e1", 1, .5, {1, 0})});
  for (int twice = 0; twice < 2; ++twice) {
    const auto report = writer->Merge(b);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(Rows(a, "SELECT evaluation_id, value FROM evaluation_results WHERE metric = 'accuracy' ORDER BY 1"),
              "e1|0.5\ne2|1\n");
    EXPECT_EQ(Rows(a, "SELECT evaluation_id, COUNT(*), SUM(correct) FROM predictions GROUP BY 1 ORDER BY 1"),
              "e1|2|1\ne2|2|2\n");
  }
}

}  // namespace
}  // namespace ablate::store
