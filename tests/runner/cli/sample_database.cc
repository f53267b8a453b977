#include "tests/runner/cli/sample_database.h"

#include <cmath>
#include <memory>
#include <vector>

#include "fmt/format.h"
#include "lib/base/digest.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/store/writer.h"

namespace ablate::runner {
namespace {

constexpr int kSeeds = 3, kLayers = 2, kHeads = 2;

struct Arm {
  std::string key, name, normalizer;
  std::vector<double> accuracies;  // by seed, from 1
  double density;
};

const std::vector<Arm>& Arms() {
  static const auto& arms = *new std::vector<Arm>{
      {"softmax", "softmax", "softmax", {0.80, 0.82, 0.81}, 1.0},
      {"entmax", "entmax alpha=1.5", "entmax", {0.90, 0.93, 0.91}, 0.4},
      {"sparsemax", "sparsemax", "sparsemax", {0.91, 0.92, 0.91}, 0.2},
      {"top_k", "top_k", "top_k_softmax", {0.50, std::nan("")}, 0.3},
  };
  return arms;
}

store::TrialRecord Record(const Arm& arm, int seed) {
  store::TrialRecord record;
  record.id = SampleTrial(arm.key, seed);
  record.arm = arm.name;
  record.trial.mutable_task()->mutable_recall();
  record.trial.mutable_model()->mutable_encoder();
  record.trial.mutable_attention()->set_normalizer(arm.normalizer);
  record.trial.set_seed(seed);
  record.settings = {
      {"attention.normalizer", arm.normalizer}, {"model", "encoder"}, {"seed", fmt::format("{}", seed)}, {"task", "recall"}};
  record.task_name = "recall";
  record.model_name = "encoder";
  return record;
}

// Fills in what a log's writer would.
class Log {
 public:
  Event* Add() {
    events_.emplace_back();
    events_.back().set_sequence(events_.size());
    events_.back().set_time_us(1764000000000000 + static_cast<int64_t>(events_.size()) * 1000000);
    return &events_.back();
  }
  const std::vector<Event>& events() const { return events_; }

 private:
  std::vector<Event> events_;
};

void AddPoint(const std::string& trial, uint64_t step, const std::string& metric, double value, Log* log) {
  MetricPoints* points = log->Add()->mutable_metric_points();
  points->set_trial(trial);
  points->set_step(step);
  points->add_metric(metric);
  points->add_value(value);
}

void AddHead(const Arm& arm, int layer, int head, AttentionStatistics* statistics) {
  const double density = arm.density - 0.05 * layer - 0.01 * head;
  std::vector<std::pair<std::string, double>> values = {{"density", density},
                                                        {"support_size", 10 * density},
                                                        {"entropy", density},
                                                        {"k_regular_rows", 0.75},
                                                        {"k_regular_columns", 0.5}};
  if (arm.key == "entmax") values.emplace_back("alpha", 1.5);
  for (const auto& [name, value] : values) {
    HeadStatistic* statistic = statistics->add_head();
    statistic->set_attention("encoder");
    statistic->set_layer(layer);
    statistic->set_head(head);
    statistic->set_statistic(name);
    statistic->set_value(value);
  }
  for (const char* direction : {"out", "in"}) {
    DegreeDistribution* degrees = statistics->add_degrees();
    degrees->set_attention("encoder");
    degrees->set_layer(layer);
    degrees->set_head(head);
    degrees->set_direction(direction);
    degrees->add_degree(2);
    degrees->add_count(30);
    degrees->add_degree(4);
    degrees->add_count(10);
  }
}

void AddStatistics(const Arm& arm, const std::string& trial, uint64_t step, Log* log) {
  AttentionStatistics* statistics = log->Add()->mutable_attention_statistics();
  statistics->set_trial(trial);
  statistics->set_step(step);
  for (int layer = 0; layer < kLayers; ++layer) {
    for (int head = 0; head < kHeads; ++head) AddHead(arm, layer, head, statistics);
  }
}

void AddTrial(const Arm& arm, int seed, Log* log) {
  const std::string trial = SampleTrial(arm.key, seed);
  const double accuracy = arm.accuracies[seed - 1];
  AttemptBegin* begin = log->Add()->mutable_attempt_begin();
  begin->set_trial(trial);
  begin->set_attempt(1);
  begin->set_first_step(1);
  AddPoint(trial, 50, "train/loss", 1.5, log);
  AddPoint(trial, 50, "validation/accuracy", accuracy / 2, log);
  AddPoint(trial, 100, "train/loss", 0.5, log);
  if (!std::isnan(accuracy)) AddPoint(trial, 100, "validation/accuracy", accuracy, log);
  AddStatistics(arm, trial, 100, log);
  AttemptEnd* end = log->Add()->mutable_attempt_end();
  end->set_trial(trial);
  end->set_step(100);
  end->set_outcome(std::isnan(accuracy) ? AttemptEnd::FAILED : AttemptEnd::SUCCEEDED);
  if (!std::isnan(accuracy)) return;
  end->set_failure_class("nan");
  end->set_message("train/loss is nan at step 100");
}

// On a second set of four rows, of which the dense arm has two right and the others three.
void AddEvaluation(const Arm& arm, const std::string& trial, Log* log) {
  EvaluationResult* result = log->Add()->mutable_evaluation_result();
  result->set_trial(trial);
  result->set_id(Sha256("robust " + trial).substr(0, 32));
  result->mutable_set()->set_name("robust");
  result->mutable_set()->set_file("robust.tsv");
  result->set_step(100);
  const bool dense = arm.key == "softmax";
  result->add_metric("accuracy");
  result->add_value(dense ? 0.5 : 0.75);
  for (const char* name : {"no", "yes"}) result->add_class_name(name);
  const uint32_t predictions[] = {1, dense ? 0u : 1u, 0, 1};
  for (uint32_t i = 0; i < 4; ++i) {
    result->add_line(2 + i);
    result->add_label(1);
    result->add_prediction(predictions[i]);
    result->add_score(0.75f);
  }
}

void AddLayer(int layer, const std::string& name, double value, AttentionStatistics* statistics) {
  LayerStatistic* statistic = statistics->add_layer();
  statistic->set_attention("encoder");
  statistic->set_layer(layer);
  statistic->set_statistic(name);
  statistic->set_value(value);
}

// What `ablate analyze` would have found on the validation examples, and on a treebank.
void AddAnalysis(const Arm& arm, const std::string& trial, Log* log) {
  EvaluationResult* result = log->Add()->mutable_evaluation_result();
  result->set_trial(trial);
  result->set_id(Sha256("analysis " + trial).substr(0, 32));
  result->mutable_set()->set_name("validation");
  result->mutable_analysis()->set_examples(200);
  result->set_step(100);
  result->set_examples(200);
  result->add_metric("accuracy");
  result->add_value(0.5);
  AttentionStatistics* statistics = result->mutable_statistics();
  for (int layer = 0; layer < kLayers; ++layer) {
    for (int head = 0; head < kHeads; ++head) AddHead(arm, layer, head, statistics);
    AddLayer(layer, "reach", 0.5 + 0.25 * layer, statistics);
    AddLayer(layer, "effective_receptive_field", 2.0 + layer, statistics);
    AddLayer(layer, "layer_spectral_gap", arm.density, statistics);
    AddLayer(layer, "js_share", 1 - arm.density, statistics);
  }
}

void AddTreebank(const Arm& arm, const std::string& trial, Log* log) {
  EvaluationResult* result = log->Add()->mutable_evaluation_result();
  result->set_trial(trial);
  result->set_id(Sha256("treebank " + trial).substr(0, 32));
  result->mutable_set()->set_name("dev.conllu");
  result->mutable_analysis()->set_source(Analysis::DEPENDENCIES);
  result->set_step(100);
  result->set_examples(50);
  for (int head = 0; head < kHeads; ++head) {
    RelationAccuracy* relation = result->add_relation();
    relation->set_attention("encoder");
    relation->set_head(head);
    relation->set_relation("nsubj");
    relation->set_direction("head");
    relation->set_pairs(40);
    relation->set_correct(10 + 10 * head);
  }
  RelationBaseline* baseline = result->add_relation_baseline();
  baseline->set_relation("nsubj");
  baseline->set_direction("head");
  baseline->set_pairs(40);
  baseline->set_best_offset(1);
  baseline->set_best_offset_correct(12);
  baseline->set_random_share(0.125);
  for (uint32_t distance = 1; distance <= 3; ++distance) {
    AttributionByDistance* row = result->add_distance();
    row->set_method("attention_rollout");
    row->set_distance(distance);
    row->set_pairs(100 * distance);
    row->set_mean((arm.key == "softmax" ? 0.25 : 0.5) / distance);
    row->set_by_offset(0.25 / distance);
    row->set_random(0.125);
  }
}

store::ExperimentRecord Experiment() {
  store::ExperimentRecord experiment;
  experiment.name = "quickstart";
  experiment.question = "Which normalizer finds a key?";
  experiment.text = "name: \"quickstart\"\n";
  experiment.digest = Sha256(experiment.text);
  experiment.metric = "validation/accuracy";
  experiment.goal = "MAXIMIZE";
  experiment.at = "LAST";
  for (const Arm& arm : Arms()) {
    for (int seed = 1; seed <= kSeeds; ++seed) experiment.trials.push_back(Record(arm, seed));
  }
  experiment.claims = {{"entmax alpha=1.5", "softmax", "A paper, 2019", 0.05}, {"sparsemax", "softmax", "", 0.2}};
  return experiment;
}

absl::Status WriteLaunch(const std::string& path, store::Writer& writer) {
  store::LaunchRecord launch;
  launch.launch = "l1";
  launch.folder = path + ".launches/l1";
  launch.backend = "local";
  launch.device = "cpu";
  launch.command_line = "ablate run quickstart.textproto";
  launch.git_commit = "0123456789abcdef0123456789abcdef01234567";
  launch.ablate_version = "0.1.0";
  Log log;
  LaunchBegin* begin = log.Add()->mutable_launch_begin();
  begin->set_launch(launch.launch);
  begin->set_host("host1");
  begin->set_pid(4242);
  begin->set_device("cpu");
  begin->set_device_name("A processor");
  begin->set_threads(1);
  begin->add_version("ablate 0.1.0");
  begin->add_version("torch 2.11.0");
  for (const Arm& arm : Arms()) {
    for (size_t seed = 1; seed <= arm.accuracies.size(); ++seed) {
      launch.trials.push_back(SampleTrial(arm.key, static_cast<int>(seed)));
      AddTrial(arm, static_cast<int>(seed), &log);
    }
  }
  for (const Arm& arm : Arms()) {
    for (int seed = 1; seed <= kSeeds && arm.key != "top_k"; ++seed) {
      AddEvaluation(arm, SampleTrial(arm.key, seed), &log);
      AddAnalysis(arm, SampleTrial(arm.key, seed), &log);
      AddTreebank(arm, SampleTrial(arm.key, seed), &log);
    }
  }
  log.Add()->mutable_launch_end()->set_seconds(12.5);
  RETURN_IF_ERROR(MakeFolders(launch.folder));
  RETURN_IF_ERROR(WriteFileAtomically(JoinPath(launch.folder, "log.txt"), "first line\nthe loss is \x1b[31mnan\x1b[0m\n"));
  RETURN_IF_ERROR(writer.RecordLaunch(launch));
  RETURN_IF_ERROR(writer.Collect(launch.launch, log.events()));
  return writer.EndLaunch(launch.launch, "ended", "pending", "", "");
}

}  // namespace

std::string SampleTrial(const std::string& arm, int seed) { return Sha256(fmt::format("{} {}", arm, seed)).substr(0, 32); }

absl::Status WriteSampleDatabase(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Writer> writer, store::Writer::Open(path));
  RETURN_IF_ERROR(writer->RecordExperiment(Experiment()));
  return WriteLaunch(path, *writer);
}

}  // namespace ablate::runner
