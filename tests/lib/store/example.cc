#include "tests/lib/store/example.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "fmt/format.h"
#include "lib/base/text.h"

namespace ablate::store {

std::string NewDatabasePath(const std::string& name) {
  static int count = 0;
  return fmt::format("{}{}_{}_{}.db", testing::TempDir(), name, getpid(), ++count);
}

std::string TrialId(int number) { return fmt::format("{:032x}", number); }

ExperimentRecord Example(const std::string& name, int first, int trials, int seeds) {
  ExperimentRecord experiment;
  experiment.name = name;
  experiment.question = "Is it so?";
  experiment.text = "name: ...";
  experiment.digest = "0123";
  experiment.metric = "validation/accuracy";
  experiment.goal = "MAXIMIZE";
  experiment.at = "LAST";
  for (int i = 0; i < trials; ++i) {
    TrialRecord record;
    record.id = TrialId(first + i);
    record.arm = std::string(1, static_cast<char>('a' + i / seeds));
    record.trial.set_seed(1 + i % seeds);
    record.settings = {{"seed", fmt::format("{}", 1 + i % seeds)}};
    record.task_name = "recall";
    record.model_name = "encoder";
    experiment.trials.push_back(record);
  }
  return experiment;
}

LaunchRecord LaunchOf(const std::string& name, const std::vector<std::string>& trials) {
  LaunchRecord launch;
  launch.launch = name;
  launch.folder = "launches/" + name;
  launch.backend = "local";
  launch.device = "cpu";
  launch.ablate_version = "0.1.0";
  launch.trials = trials;
  return launch;
}

Events& Events::Add(Event event) {
  event.set_sequence(events_.size() + 1);
  event.set_time_us(1'700'000'000'000'000 + 1'000'000 * events_.size());
  events_.push_back(std::move(event));
  return *this;
}

Events& Events::Begin(const std::string& trial, uint32_t attempt, uint64_t first_step) {
  Event event;
  event.mutable_attempt_begin()->set_trial(trial);
  event.mutable_attempt_begin()->set_attempt(attempt);
  event.mutable_attempt_begin()->set_first_step(first_step);
  return Add(event);
}

Events& Events::Point(const std::string& trial, uint64_t step, double value, const std::string& metric) {
  Event event;
  MetricPoints& points = *event.mutable_metric_points();
  points.set_trial(trial);
  points.set_step(step);
  points.add_metric(metric);
  points.add_value(value);
  return Add(event);
}

Events& Events::Statistic(const std::string& trial, uint64_t step, int layer, int head, const std::string& statistic,
                          double value) {
  Event event;
  AttentionStatistics& statistics = *event.mutable_attention_statistics();
  statistics.set_trial(trial);
  statistics.set_step(step);
  HeadStatistic& one = *statistics.add_head();
  one.set_attention("encoder");
  one.set_layer(layer);
  one.set_head(head);
  one.set_statistic(statistic);
  one.set_value(value);
  return Add(event);
}

Events& Events::Degrees(const std::string& trial, uint64_t step, const std::string& direction,
                        const std::vector<uint32_t>& degrees) {
  Event event;
  AttentionStatistics& statistics = *event.mutable_attention_statistics();
  statistics.set_trial(trial);
  statistics.set_step(step);
  DegreeDistribution& distribution = *statistics.add_degrees();
  distribution.set_attention("encoder");
  distribution.set_direction(direction);
  for (const uint32_t degree : degrees) {
    distribution.add_degree(degree);
    distribution.add_count(10);
  }
  return Add(event);
}

Events& Events::Checkpoint(const std::string& trial, uint64_t step, const std::string& path) {
  Event event;
  CheckpointWritten& written = *event.mutable_checkpoint_written();
  written.set_trial(trial);
  written.set_step(step);
  written.set_path(path);
  written.set_bytes(100);
  return Add(event);
}

Events& Events::End(const std::string& trial, uint64_t step, AttemptEnd::Outcome outcome, const std::string& failure_class,
                    const std::string& message) {
  Event event;
  AttemptEnd& end = *event.mutable_attempt_end();
  end.set_trial(trial);
  end.set_step(step);
  end.set_outcome(outcome);
  if (!failure_class.empty()) end.set_failure_class(failure_class);
  if (!message.empty()) end.set_message(message);
  return Add(event);
}

Events& Events::EndLaunch(double seconds) {
  Event event;
  event.mutable_launch_end()->set_seconds(seconds);
  event.mutable_launch_end()->set_peak_bytes(1 << 20);
  return Add(event);
}

std::vector<Event> Events::Part(size_t first, size_t last) const {
  return std::vector<Event>(events_.begin() + first - 1, events_.begin() + last);
}

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

std::unique_ptr<Writer> OpenWriter(const std::string& path) {
  absl::StatusOr<std::unique_ptr<Writer>> writer = Writer::Open(path);
  Check(writer.status());
  return *std::move(writer);
}

std::unique_ptr<Reader> OpenReader(const std::string& path) {
  absl::StatusOr<std::unique_ptr<Reader>> reader = Reader::Open(path);
  Check(reader.status());
  return *std::move(reader);
}

namespace {

std::string TextOf(const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return fmt::format("{}", *integer);
  if (const auto* real = std::get_if<double>(&value)) return ShortestNumber(*real);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return "NULL";
}

}  // namespace

std::string Rows(const std::string& path, const std::string& sql, const Parameters& parameters) {
  const absl::StatusOr<Table> table = OpenReader(path)->Query(sql, parameters);
  Check(table.status());
  std::string rows;
  for (const std::vector<Value>& row : table->rows) {
    for (size_t i = 0; i < row.size(); ++i) rows += (i > 0 ? "|" : "") + TextOf(row[i]);
    rows += '\n';
  }
  return rows;
}

std::string Content(const std::string& path) {
  const char* const kQueries[] = {
      "SELECT l.name, t.trial_id, m.name, p.step, p.value FROM raw_metric_points p JOIN attempts USING (attempt) "
      "JOIN launches l USING (launch) JOIN trials t USING (trial) JOIN metrics m USING (metric) ORDER BY 1, 2, 3, 4",
      "SELECT * FROM metric_points ORDER BY 1, 2, 3",
      "SELECT * FROM head_statistics ORDER BY 1, 2, 3, 4, 5, 6",
      "SELECT * FROM degrees ORDER BY 1, 2, 3, 4, 5, 6, 7",
      "SELECT e.name, t.trial_id, r.last_step, r.last_value, r.best_step, r.best_value FROM trial_results r "
      "JOIN experiments e USING (experiment) JOIN trials t USING (trial) ORDER BY 1, 2",
      "SELECT t.trial_id, l.name, a.number, a.first_step, a.void_from, a.last_step, a.outcome, a.failure_class, a.message "
      "FROM attempts a JOIN trials t USING (trial) JOIN launches l USING (launch) ORDER BY 1, 2",
      "SELECT e.name, t.trial_id, et.arm, et.state FROM experiment_trials et JOIN experiments e USING (experiment) "
      "JOIN trials t USING (trial) ORDER BY 1, et.position",
      "SELECT name, seconds, collected, exit_reason FROM launches ORDER BY 1",
      "SELECT l.name, severity, text FROM messages JOIN launches l USING (launch) ORDER BY 1, 2, 3",
  };
  std::string content;
  for (const char* query : kQueries) content += Rows(path, query) + "--\n";
  return content;
}

}  // namespace ablate::store
