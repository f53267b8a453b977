#include <gtest/gtest.h>

#include "lib/normalizers/catalogue.h"
#include "tests/lib/training/launches.h"

namespace ablate::training {
namespace {

std::vector<NamedTrial> Named(const std::vector<Trial>& trials) {
  std::vector<NamedTrial> named;
  for (size_t t = 0; t < trials.size(); ++t) named.push_back({"trial" + std::to_string(t), trials[t], ""});
  return named;
}

// 3 train metrics at steps 5, 10, 15, 20, 24; 2 validation metrics and statistics at 8, 16, 24.
constexpr int kPointsAlways = 3 * 5 + 3 * 3;

void ExpectFinished(const LaunchLog& log) {
  EXPECT_TRUE(log.status.ok()) << log.status;
  EXPECT_TRUE(log.notes.empty()) << log.notes[0];
  for (const auto& [id, trial] : log.trials) {
    EXPECT_EQ(trial.end.outcome(), AttemptEnd::SUCCEEDED) << id << ": " << trial.end.message();
    EXPECT_EQ(trial.end.step(), 24u);
    EXPECT_EQ(trial.first_step, 1u);
  }
}

void ExpectSameAlone(const std::vector<NamedTrial>& trials, const LaunchLog& together) {
  for (const NamedTrial& trial : trials) {
    const LaunchLog alone = RunInFolder(FreshFolder(), {trial});
    ExpectFinished(alone);
    const int points = ExpectSamePoints(together.trials.at(trial.id), alone.trials.at(trial.id), trial.id + " alone");
    const bool balanced = trial.trial.attention().balance().k() > 0;
    const bool sparse = trial.trial.attention().sparsity().structure() != Sparsity::NONE;
    EXPECT_EQ(points, kPointsAlways + (balanced ? 5 : 0) + (sparse ? 5 : 0)) << trial.id;
  }
}

TEST(ArrayBitsTest, FiveDifferentTrialsHaveTheSameBitsInOneArrayInTwoAndAlone) {
  const std::vector<NamedTrial> trials = Named(FiveTrials());
  const LaunchLog one = RunInFolder(FreshFolder(), trials);
  ExpectFinished(one);
  ASSERT_EQ(one.trials.size(), 5u);
  const LaunchLog first = RunInFolder(FreshFolder(), {trials[4], trials[0], trials[2]});
  const LaunchLog second = RunInFolder(FreshFolder(), {trials[3], trials[1]});
  for (const LaunchLog* log : {&first, &second}) {
    ExpectFinished(*log);
    for (const auto& [id, trial] : log->trials) ExpectSamePoints(one.trials.at(id), trial, id + " in two arrays");
  }
  ExpectSameAlone(trials, one);
}

TEST(ArrayBitsTest, SoDoTheyInBf16) {
  std::vector<Trial> settings = FiveTrials();
  for (Trial& trial : settings) trial.mutable_training()->set_precision(Training::BF16);
  const std::vector<NamedTrial> trials = Named(settings);
  const LaunchLog one = RunInFolder(FreshFolder(), trials);
  ExpectFinished(one);
  ExpectSameAlone(trials, one);
}

TEST(ArrayBitsTest, OddWidthsToo) {
  std::vector<Trial> settings = FiveTrials();
  for (Trial& trial : settings) {
    trial.mutable_model()->mutable_encoder()->set_width(15);
    trial.mutable_model()->mutable_encoder()->set_feed_forward(31);
    trial.mutable_training()->set_batch_size(7);
  }
  const std::vector<NamedTrial> trials = Named(settings);
  const LaunchLog one = RunInFolder(FreshFolder(), trials);
  ExpectFinished(one);
  ExpectSameAlone(trials, one);
}

TEST(ArrayBitsTest, SettingsMatter) {
  // Without this, trials that all ignore their settings would pass the tests above.
  const LaunchLog log = RunInFolder(FreshFolder(), Named(FiveTrials()));
  std::set<double> losses;
  for (const auto& [id, trial] : log.trials) losses.insert(trial.points.at({"validation/loss", 24}));
  EXPECT_EQ(losses.size(), 5u);
  // The only trial with balance logs its loss, the only learned alphas are logged.
  EXPECT_EQ(log.trials.at("trial0").points.count({"train/balance_loss", 24}), 1u);
  EXPECT_EQ(log.trials.at("trial1").points.count({"train/balance_loss", 24}), 0u);
  AttentionStatistics learned, fixed;
  ASSERT_TRUE(learned.ParseFromString(log.trials.at("trial1").statistics.at(24)));
  ASSERT_TRUE(fixed.ParseFromString(log.trials.at("trial2").statistics.at(24)));
  std::set<double> alphas;
  for (const HeadStatistic& head : learned.head()) {
    if (head.statistic() == "alpha") alphas.insert(head.value());
  }
  EXPECT_EQ(alphas.size(), 6u);  // 2 layers of 3 heads went different ways
  for (const HeadStatistic& head : fixed.head()) EXPECT_NE(head.statistic(), "alpha");
  AttentionStatistics with_sink;
  ASSERT_TRUE(with_sink.ParseFromString(log.trials.at("trial3").statistics.at(24)));
  std::set<double> sinks;
  for (const HeadStatistic& head : with_sink.head()) {
    if (head.statistic() == "sink") sinks.insert(head.value());
  }
  EXPECT_EQ(sinks.size(), 6u);
}

// Each as it is by default; what reads alpha learns it.
TEST(ArrayBitsTest, EveryNormalizerTrainsAndHasTheSameBitsAlone) {
  std::vector<Trial> settings;
  for (const normalizers::Entry& entry : normalizers::Catalogue()) {
    settings.push_back(SmallTrial());
    settings.back().mutable_attention()->set_normalizer(entry.name);
    if (normalizers::Reads(entry.name, "alpha")) settings.back().mutable_attention()->set_alpha_learned(true);
    settings.back().set_seed(settings.size());
  }
  const std::vector<NamedTrial> trials = Named(settings);
  const LaunchLog one = RunInFolder(FreshFolder(), trials);
  ExpectFinished(one);
  ASSERT_EQ(one.trials.size(), trials.size());
  ExpectSameAlone(trials, one);
  std::set<double> losses;
  for (const auto& [id, trial] : one.trials) losses.insert(trial.points.at({"validation/loss", 24}));
  EXPECT_EQ(losses.size(), trials.size());
}

// Of a sequence of 4 to 10 tokens (9 and [CLS]) a level of .4 leaves ceil(.6 n): .3 to .4 of the keys go. The ramp of trial 3
// is at 5 / 12 of its .3 after 5 steps, and at its end from step 12 on.
TEST(ArrayBitsTest, TheShareReallyRemovedIsLogged) {
  const LaunchLog log = RunInFolder(FreshFolder(), Named(FiveTrials()));
  const auto share = [&](const char* trial, uint64_t step) {
    return log.trials.at(trial).points.at({"train/imposed_share", step});
  };
  EXPECT_GE(share("trial2", 24), .25);
  EXPECT_LE(share("trial2", 24), .4);
  EXPECT_LE(share("trial3", 5), .3 * 5 / 12);
  EXPECT_GT(share("trial3", 24), share("trial3", 5));
  EXPECT_EQ(log.trials.at("trial0").points.count({"train/imposed_share", 24}), 0u);
  AttentionStatistics statistics;
  ASSERT_TRUE(statistics.ParseFromString(log.trials.at("trial2").statistics.at(24)));
  int heads = 0;
  for (const HeadStatistic& head : statistics.head()) {
    if (head.statistic() != "imposed_share") continue;
    ++heads;
    EXPECT_GE(head.value(), .25);
    EXPECT_LE(head.value(), .4);
  }
  EXPECT_EQ(heads, 6);
}

}  // namespace
}  // namespace ablate::training
