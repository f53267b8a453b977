// Launches of models that write sequences: what they learn, log, and go on with; and what they write.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "lib/training/generation.h"
#include "tests/lib/training/launches.h"

namespace ablate::training {
namespace {

// Copying up to 4 of 5 symbols, and twice as many at the end.
Trial CopyTrial(bool one_sequence = false) {
  Trial trial;
  SymbolSequences& task = *trial.mutable_task()->mutable_copy();
  task.set_symbols(5);
  task.set_min_tokens(2);
  task.set_max_tokens(4);
  task.set_train_examples(400);
  task.set_validation_examples(40);
  task.set_longest_multiple(2);
  task.set_longer_examples(16);
  if (one_sequence) {
    Decoder& model = *trial.mutable_model()->mutable_decoder();
    model.set_layers(2);
    model.set_heads(2);
    model.set_width(24);
    model.set_positions(Encoder::ALIBI);
  } else {
    SequenceToSequence& model = *trial.mutable_model()->mutable_sequence_to_sequence();
    model.set_encoder_layers(1);
    model.set_decoder_layers(1);
    model.set_heads(2);
    model.set_width(24);
  }
  trial.mutable_optimizer()->set_learning_rate(5e-3);
  trial.mutable_training()->set_steps(24);
  trial.mutable_training()->set_batch_size(16);
  trial.mutable_training()->set_evaluations(2);
  trial.mutable_training()->set_log_every_steps(5);
  return trial;
}

std::vector<NamedTrial> MixedTrials(bool one_sequence) {
  std::vector<Trial> trials(4, CopyTrial(one_sequence));
  for (size_t t = 0; t < trials.size(); ++t) trials[t].set_seed(t + 1);
  trials[0].mutable_attention()->set_normalizer("entmax");
  trials[0].mutable_attention()->set_alpha_learned(true);
  trials[1].mutable_cross_attention()->set_normalizer("entmax");
  trials[1].mutable_cross_attention()->set_alpha_learned(true);
  trials[1].mutable_cross_attention()->set_alpha_form(Attention::CLAMPED);
  trials[1].mutable_training()->set_label_smoothing(0.1);
  trials[2].mutable_decoder_attention()->set_normalizer("sparsemax");
  trials[2].mutable_attention()->mutable_sparsity()->set_structure(Sparsity::TOP_K_PER_QUERY);
  trials[2].mutable_attention()->mutable_sparsity()->set_level(0.5);
  trials[3].mutable_attention()->set_normalizer("adaptive_scalable_entmax");
  std::vector<NamedTrial> named;
  for (const Trial& trial : trials) named.push_back({"trial" + std::to_string(named.size()), trial, ""});
  return named;
}

void ExpectSucceeded(const LaunchLog& log) {
  EXPECT_TRUE(log.status.ok()) << log.status;
  for (const auto& [id, trial] : log.trials) EXPECT_EQ(trial.end.outcome(), AttemptEnd::SUCCEEDED) << trial.end.message();
}

TEST(SequencesTest, ATrialHasItsBitsInAnyArrayAndAfterAResume) {
  for (const bool one_sequence : {false, true}) {
    const std::vector<NamedTrial> trials = MixedTrials(one_sequence);
    const LaunchLog together = RunInFolder(FreshFolder(), trials);
    ExpectSucceeded(together);
    for (const NamedTrial& trial : {trials[1], trials[3]}) {
      const LaunchLog alone = RunInFolder(FreshFolder(), {trial});
      ExpectSucceeded(alone);
      EXPECT_GT(ExpectSamePoints(alone.trials.at(trial.id), together.trials.at(trial.id), trial.id), 20);
    }
    const std::string folder = FreshFolder();
    RunInFolder(folder, trials, {}, /*leave_after_step=*/13);
    std::vector<NamedTrial> rest = {trials[0], trials[1]};
    for (NamedTrial& trial : rest) trial.checkpoint = JoinPath(folder, "checkpoints/" + trial.id + ".safetensors");
    const LaunchLog resumed = RunInFolder(FreshFolder(), rest);
    ExpectSucceeded(resumed);
    for (const NamedTrial& trial : rest) {
      EXPECT_EQ(resumed.trials.at(trial.id).first_step, 14u);
      EXPECT_GT(ExpectSamePoints(resumed.trials.at(trial.id), together.trials.at(trial.id), trial.id), 10);
    }
  }
}

TEST(SequencesTest, EvaluationsLogEachSetAndEachKindOfAttention) {
  const LaunchLog log = RunInFolder(FreshFolder(), {MixedTrials(false)[0]});
  ExpectSucceeded(log);
  const TrialLog& trial = log.trials.at("trial0");
  for (const char* metric : {"loss", "perplexity", "token_accuracy", "exact_match"}) {
    EXPECT_EQ(trial.points.count({std::string("validation/") + metric, 12}), 1u) << metric;
    EXPECT_EQ(trial.points.count({std::string("length_2x/") + metric, 12}), 0u) << metric;
    EXPECT_EQ(trial.points.count({std::string("length_2x/") + metric, 24}), 1u) << metric;
  }
  EXPECT_NEAR(trial.points.at({"validation/perplexity", 24}), std::exp(trial.points.at({"validation/loss", 24})), 1e-9);
  AttentionStatistics statistics;
  ASSERT_TRUE(statistics.ParseFromString(trial.statistics.at(24)));
  std::set<std::string> alphas, densities;
  for (const HeadStatistic& head : statistics.head()) {
    if (head.statistic() == "alpha") alphas.insert(head.attention() + std::to_string(head.head()));
    if (head.statistic() == "density") densities.insert(head.attention());
  }
  EXPECT_EQ(alphas, (std::set<std::string>{"cross0", "cross1", "decoder0", "decoder1", "encoder0", "encoder1"}));
  EXPECT_EQ(densities, (std::set<std::string>{"cross", "decoder", "encoder"}));
}

// In a causal map of dense attention every valid key is attended.
TEST(SequencesTest, DensityOfADenseDecoderIsOne) {
  Trial trial = CopyTrial();
  trial.mutable_training()->set_steps(2);
  const LaunchLog log = RunInFolder(FreshFolder(), {{"dense", trial, ""}});
  ExpectSucceeded(log);
  AttentionStatistics statistics;
  ASSERT_TRUE(statistics.ParseFromString(log.trials.at("dense").statistics.at(2)));
  int seen = 0;
  for (const HeadStatistic& head : statistics.head()) {
    if (head.statistic() != "density") continue;
    EXPECT_EQ(head.value(), 1) << head.attention();
    ++seen;
  }
  EXPECT_EQ(seen, 6);
}

TEST(SequencesTest, CopyingIsLearned) {
  for (const bool one_sequence : {false, true}) {
    Trial trial = CopyTrial(one_sequence);
    Model& model = *trial.mutable_model();
    if (one_sequence) {
      model.mutable_decoder()->set_positions(Encoder::LEARNED);
      model.mutable_decoder()->set_dropout(0);
    } else {
      model.mutable_sequence_to_sequence()->set_dropout(0);
    }
    trial.mutable_training()->set_steps(300);
    trial.set_seed(1);
    const LaunchLog log = RunInFolder(FreshFolder(), {{"copy", trial, ""}});
    ExpectSucceeded(log);
    const uint64_t last = trial.training().steps();
    // Chance is below 1 / 5 of the tokens, and 1 / 25 of the shortest sequences.
    EXPECT_GT(log.trials.at("copy").points.at({"validation/token_accuracy", last}), 0.9) << one_sequence;
    EXPECT_GT(log.trials.at("copy").points.at({"validation/exact_match", last}), 0.6) << one_sequence;
  }
}

ArrayState StateOf(const std::vector<NamedTrial>& named, const tasks::LabelledExamples& examples, Layout layout) {
  std::vector<TrialRequest> requests;
  for (const NamedTrial& trial : named) {
    requests.emplace_back().set_id(trial.id);
    *requests.back().mutable_trial() = trial.trial;
  }
  auto state = ArrayState::Make(requests, ShapeFor(examples, layout), at::kCPU);
  EXPECT_TRUE(state.ok()) << state.status();
  return *std::move(state);
}

// Trials write for themselves: beams of neighbours, however many, change nothing.
TEST(SequencesTest, ATrialWritesTheSameAloneAndInAnArray) {
  for (const bool one_sequence : {false, true}) {
    std::vector<NamedTrial> named = MixedTrials(one_sequence);
    named[2].trial.mutable_generation()->set_beams(2);
    const auto examples = tasks::LoadTask(named[0].trial.task(), "");
    ASSERT_TRUE(examples.ok()) << examples.status();
    const Layout layout = one_sequence ? Layout::kOneSequence : Layout::kSourceAndTarget;
    const ArrayState together = StateOf(named, *examples, layout);
    for (size_t t = 0; t < named.size(); ++t) {
      const ArrayState alone = StateOf({named[t]}, *examples, layout);
      const auto own = Generate(examples->validation, 20, 6, layout, alone, 0);
      const auto shared = Generate(examples->validation, 20, 6, layout, together, static_cast<int64_t>(t));
      ASSERT_TRUE(own.ok() && shared.ok()) << own.status() << shared.status();
      EXPECT_EQ(*own, *shared) << t;
      EXPECT_EQ(own->size(), 20u);
    }
  }
}

}  // namespace
}  // namespace ablate::training
