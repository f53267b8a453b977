#include "tests/lib/training/launches.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/eventlog/reader.h"
#include "lib/eventlog/writer.h"
#include "lib/training/run_launch.h"

namespace ablate::training {
namespace {

LaunchRequest RequestFor(const std::vector<NamedTrial>& trials) {
  LaunchRequest request;
  request.set_launch("test");
  uint32_t attempt = 1;
  for (const NamedTrial& named : trials) {
    TrialRequest& trial = *request.add_trial();
    trial.set_id(named.id);
    *trial.mutable_trial() = named.trial;
    trial.set_attempt(attempt++);
    if (!named.checkpoint.empty()) trial.set_checkpoint(named.checkpoint);
  }
  return request;
}

void AddEvent(const Event& event, LaunchLog& log) {
  if (event.has_attempt_begin()) log.trials[event.attempt_begin().trial()].first_step = event.attempt_begin().first_step();
  if (event.has_attempt_end()) log.trials[event.attempt_end().trial()].end = event.attempt_end();
  if (event.has_note()) log.notes.push_back(event.note().text());
  if (event.has_checkpoint_written()) {
    log.trials[event.checkpoint_written().trial()].checkpoints.push_back(event.checkpoint_written().step());
  }
  if (event.has_attention_statistics()) {
    const AttentionStatistics& statistics = event.attention_statistics();
    log.trials[statistics.trial()].statistics[statistics.step()] = statistics.SerializeAsString();
  }
  const MetricPoints& points = event.metric_points();
  for (int i = 0; i < points.metric_size(); ++i) {
    const bool fresh =
        log.trials[points.trial()].points.emplace(std::make_pair(points.metric(i), points.step()), points.value(i)).second;
    EXPECT_TRUE(fresh) << "doubled: " << points.metric(i) << " at step " << points.step();
  }
}

uint64_t Bits(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

}  // namespace

Trial SmallTrial() {
  Trial trial;
  Majority& task = *trial.mutable_task()->mutable_majority();
  task.set_symbols(3);
  task.set_min_tokens(4);
  task.set_max_tokens(9);
  task.set_train_examples(200);
  task.set_validation_examples(45);
  Encoder& encoder = *trial.mutable_model()->mutable_encoder();
  encoder.set_layers(2);
  encoder.set_heads(3);
  encoder.set_width(12);
  Training& training = *trial.mutable_training();
  training.set_steps(24);
  training.set_batch_size(8);
  training.set_evaluations(3);
  training.set_log_every_steps(5);
  return trial;
}

std::vector<Trial> FiveTrials() {
  std::vector<Trial> trials(5, SmallTrial());
  for (size_t t = 0; t < trials.size(); ++t) trials[t].set_seed(t + 1);
  trials[0].mutable_attention()->set_normalizer("sparsemax");
  trials[0].mutable_attention()->mutable_balance()->set_k(2);
  trials[0].mutable_optimizer()->set_learning_rate(0.01);
  trials[1].mutable_attention()->set_normalizer("entmax");
  trials[1].mutable_attention()->set_alpha(1.3);
  trials[1].mutable_attention()->set_alpha_learned(true);
  trials[1].mutable_optimizer()->set_alpha_learning_rate(0.1);
  trials[2].mutable_attention()->set_normalizer("adaptive_scalable_entmax");
  trials[2].mutable_attention()->set_alpha(1.5);
  trials[2].mutable_attention()->mutable_sparsity()->set_structure(Sparsity::TOP_K_PER_QUERY);
  trials[2].mutable_attention()->mutable_sparsity()->set_level(0.4);
  trials[2].mutable_optimizer()->set_schedule(Optimizer::COSINE);
  trials[3].mutable_attention()->set_normalizer("softmax_sink");
  trials[3].mutable_optimizer()->set_normalizer_learning_rate(0.1);
  trials[3].mutable_model()->mutable_encoder()->set_dropout(0.3);
  trials[3].mutable_model()->mutable_encoder()->set_attention_dropout(0.1);
  trials[3].mutable_attention()->mutable_sparsity()->set_structure(Sparsity::RANDOM);
  trials[3].mutable_attention()->mutable_sparsity()->set_level(0.3);
  trials[3].mutable_attention()->mutable_sparsity()->set_phase(Sparsity::RAMP);
  trials[3].mutable_optimizer()->set_clip_norm(0.1);
  trials[4].mutable_attention()->set_normalizer("top_k_softmax");
  trials[4].mutable_attention()->set_top_k(3);
  trials[4].mutable_model()->mutable_encoder()->set_dropout(0);
  return trials;
}

std::string FreshFolder() {
  static int count = 0;
  const std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  return JoinPath(::testing::TempDir(), fmt::format("{}_{}_{}", test, getpid(), ++count));
}

LaunchLog RunInFolder(const std::string& folder, const std::vector<NamedTrial>& trials,
                      const std::vector<std::string>& commands, uint64_t leave_after_step) {
  at::set_num_threads(1);
  LaunchLog log;
  EXPECT_TRUE(MakeFolders(JoinPath(folder, "control")).ok());
  for (const std::string& command : commands) {
    EXPECT_TRUE(WriteFileAtomically(JoinPath(JoinPath(folder, "control"), command), "").ok());
  }
  const std::string path = JoinPath(folder, "events.log");
  auto writer = eventlog::Writer::Open(path);
  EXPECT_TRUE(writer.ok()) << writer.status();
  LaunchRequest request = RequestFor(trials);
  request.set_leave_after_step(leave_after_step);
  log.status = RunLaunch(request, folder, **writer);
  const auto events = eventlog::Reader(path).Read();
  EXPECT_TRUE(events.ok()) << events.status();
  for (const Event& event : *events) AddEvent(event, log);
  return log;
}

int ExpectSamePoints(const TrialLog& part, const TrialLog& whole, const std::string& what) {
  for (const auto& [key, value] : part.points) {
    const auto found = whole.points.find(key);
    const bool is_there = found != whole.points.end();
    EXPECT_TRUE(is_there) << what << ": no " << key.first << " at step " << key.second;
    if (is_there) {
      EXPECT_EQ(Bits(value), Bits(found->second))
          << what << ": " << key.first << " at step " << key.second << ": " << value << " and " << found->second;
    }
  }
  for (const auto& [step, statistics] : part.statistics) {
    const auto found = whole.statistics.find(step);
    EXPECT_TRUE(found != whole.statistics.end() && found->second == statistics) << what << ": statistics of step " << step;
  }
  return static_cast<int>(part.points.size() + part.statistics.size());
}

}  // namespace ablate::training
