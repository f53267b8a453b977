#include <gtest/gtest.h>

#include "tests/lib/training/launches.h"

namespace ablate::training {
namespace {

Trial RecallTrial(const std::string& normalizer) {
  Trial trial;
  Recall& task = *trial.mutable_task()->mutable_recall();
  task.set_keys(4);
  task.set_values(4);
  task.set_min_pairs(2);
  task.set_max_pairs(4);
  task.set_train_examples(1024);
  task.set_validation_examples(128);
  Encoder& encoder = *trial.mutable_model()->mutable_encoder();
  encoder.set_layers(2);
  encoder.set_heads(2);
  encoder.set_width(32);
  encoder.set_dropout(0);
  trial.mutable_attention()->set_normalizer(normalizer);
  trial.mutable_optimizer()->set_learning_rate(2e-3);
  trial.mutable_training()->set_steps(100);
  trial.mutable_training()->set_batch_size(32);
  trial.mutable_training()->set_evaluations(10);
  trial.set_seed(1);
  return trial;
}

// Which value belongs to the asked key can only be told by attending to it: what a network without attention would reach is the
// share of the most frequent value, about a quarter.
TEST(LearningTest, RecallIsLearnedWithEveryNormalizer) {
  std::vector<NamedTrial> trials;
  for (const char* const normalizer : {"softmax", "sparsemax", "entmax", "top_k_softmax"}) {
    trials.push_back({normalizer, RecallTrial(normalizer), ""});
  }
  trials[2].trial.mutable_attention()->set_alpha_learned(true);
  trials[3].trial.mutable_attention()->set_top_k(3);
  const LaunchLog log = RunInFolder(FreshFolder(), trials);
  ASSERT_TRUE(log.status.ok()) << log.status;
  for (const auto& [id, trial] : log.trials) {
    EXPECT_GE(trial.points.at({"validation/accuracy", 100}), 0.95) << id;
    EXPECT_LT(trial.points.at({"train/loss", 100}), 0.3) << id;
  }
}

}  // namespace
}  // namespace ablate::training
