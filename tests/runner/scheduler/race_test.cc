// Early stopping: what is decided, and that it depends on nothing but the points.
#include "runner/scheduler/race.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <set>

namespace ablate::runner {
namespace {

constexpr uint64_t kSteps = 40, kEvaluations = 8;  // evaluated at 5, 10, ..., 40

EarlyStopping Settings(EarlyStopping::Rule rule, std::vector<double> rungs = {}, double keep = 0.5) {
  EarlyStopping settings;
  settings.set_rule(rule);
  for (const double rung : rungs) settings.add_rung(rung);
  settings.set_keep(keep);
  return settings;
}

std::vector<std::string> Arms(uint32_t count) {
  std::vector<std::string> arms;
  for (uint32_t i = 0; i < count; ++i) arms.push_back("arm" + std::to_string(i));
  return arms;
}

std::vector<Entrant> Trials(uint32_t arms, uint32_t seeds) {
  std::vector<Entrant> trials;
  for (uint32_t i = 0; i < arms * seeds; ++i) trials.push_back({i / seeds, kSteps, kEvaluations});
  return trials;
}

std::set<std::string> Kept(const std::vector<store::RungDecision>& decisions, uint32_t rung = 1) {
  std::set<std::string> kept;
  for (const auto& one : decisions) {
    if (one.kept && one.rung == rung) kept.insert(one.arm);
  }
  return kept;
}

TEST(Race, WithoutARuleNobodyIsHeldUp) {
  Race race(Settings(EarlyStopping::NONE), Metric(), Arms(2), Trials(2, 1));
  EXPECT_FALSE(race.active());
  EXPECT_EQ(race.LeaveAfter(0, 0), 0u);
  EXPECT_EQ(race.GateAt(1, 20), Race::Gate::kGo);
  EXPECT_TRUE(race.Decide([](TrialIndex) { return Standing{}; }).empty());
}

TEST(Race, TrialsLeaveAtTheFirstEvaluationAtOrAfterARung) {
  Race race(Settings(EarlyStopping::MEDIAN, {0.25, 0.3, 0.99}), Metric(), Arms(1), Trials(1, 1));
  EXPECT_EQ(race.LeaveAfter(0, 0), 10u);
  EXPECT_EQ(race.LeaveAfter(0, 10), 15u);
  EXPECT_EQ(race.LeaveAfter(0, 15), 0u);  // the last evaluation is no rung
  EXPECT_EQ(race.GateAt(0, 9), Race::Gate::kGo);
  EXPECT_EQ(race.GateAt(0, 10), Race::Gate::kWait);
  race.Free(0);
  EXPECT_EQ(race.GateAt(0, 10), Race::Gate::kGo);
  EXPECT_EQ(race.LeaveAfter(0, 0), 0u);
}

TEST(Race, HalvingKeepsTheBestMeansOverSeedsAndWaitsForAll) {
  Metric metric;
  metric.set_goal(Metric::MINIMIZE);
  Race race(Settings(EarlyStopping::SUCCESSIVE_HALVING, {0.5}), metric, Arms(3), Trials(3, 2));
  // Arm 1 has the best seed, arm 2 the best mean; what comes after the rung, and what is NaN, does not count.
  const double values[] = {0.9, 0.9, 0.1, 0.9, 0.3, 0.4};
  for (TrialIndex i = 0; i < 6; ++i) {
    race.AddPoint(i, 5, std::nan(""));
    race.AddPoint(i, 20, values[i]);
    race.AddPoint(i, 25, i < 2 ? 0 : 1);
  }
  std::map<TrialIndex, Standing> standing;
  for (TrialIndex i = 0; i < 6; ++i) standing[i] = {false, false, 20};
  const auto at = [&](TrialIndex trial) { return standing[trial]; };
  standing[5].step = 19;
  EXPECT_TRUE(race.Decide(at).empty());
  standing[5] = {false, true, 0};  // it succeeded before, in another experiment
  const auto decisions = race.Decide(at);
  EXPECT_EQ(Kept(decisions), (std::set<std::string>{"arm1", "arm2"}));  // half of three, rounded up
  ASSERT_EQ(decisions.size(), 3u);
  EXPECT_DOUBLE_EQ(decisions[2].value, 0.35);
  EXPECT_EQ(decisions[2].seeds, 2u);
  EXPECT_TRUE(race.Decide(at).empty());
  EXPECT_EQ(race.GateAt(0, 20), Race::Gate::kStop);
  EXPECT_EQ(race.GateAt(2, 20), Race::Gate::kGo);
  EXPECT_EQ(race.LeaveAfter(0, 0), 20u);  // a seed added later ends there
  EXPECT_EQ(race.LeaveAfter(2, 0), 0u);   // one of an arm that went on needs no stop
}

TEST(Race, FailedSeedsAreNotWaitedFor) {
  Race race(Settings(EarlyStopping::SUCCESSIVE_HALVING, {0.5}), Metric(), Arms(3), Trials(3, 2));
  for (TrialIndex i = 0; i < 6; ++i) race.AddPoint(i, 20, i);
  const auto at = [](TrialIndex trial) {
    if (trial == 5 || trial < 2) return Standing{true, false, 0};  // a seed of arm 2, all of arm 0
    return Standing{false, false, 20};
  };
  const auto decisions = race.Decide(at);
  ASSERT_EQ(decisions.size(), 2u) << "an arm without a seed there is not compared";
  EXPECT_EQ(Kept(decisions), (std::set<std::string>{"arm2"}));
  EXPECT_EQ(decisions[1].seeds, 1u);
  EXPECT_EQ(decisions[1].value, 4);
}

TEST(Race, TheMedianRuleGivesUpArmsWhoseBestIsWorseThanTheMedianOfMeans) {
  Race race(Settings(EarlyStopping::MEDIAN, {0.25}), Metric(), Arms(4), Trials(4, 1));
  const double curves[4][2] = {{0.1, 0.2}, {0.5, 0.7}, {0.6, 0.6}, {0.9, 0.1}};  // means .15 .6 .6 .5, median .55
  for (TrialIndex i = 0; i < 4; ++i) {
    race.AddPoint(i, 5, curves[i][0]);
    race.AddPoint(i, 10, curves[i][1]);
  }
  const auto decisions = race.Decide([](TrialIndex) { return Standing{false, false, 10}; });
  EXPECT_EQ(Kept(decisions), (std::set<std::string>{"arm1", "arm2", "arm3"}));
}

TEST(Race, SomeArmsAreAlwaysLeft) {
  EarlyStopping settings = Settings(EarlyStopping::SUCCESSIVE_HALVING, {0.25}, 0.01);
  settings.set_min_arms(3);
  Race race(settings, Metric(), Arms(5), Trials(5, 1));  // no points at all: the first ones
  EXPECT_EQ(Kept(race.Decide([](TrialIndex) {
              return Standing{false, false, 10};
            })),
            (std::set<std::string>{"arm0", "arm1", "arm2"}));
}

TEST(Race, ALaterArmIsHeldAgainstThoseThatWereCompared) {
  for (const bool good : {true, false}) {
    Race race(Settings(EarlyStopping::SUCCESSIVE_HALVING, {0.25}), Metric(), Arms(3), Trials(3, 1));
    race.Load({{"arm0", 1, 0.8, 1, true}, {"arm1", 1, 0.6, 1, false}, {"gone", 1, 1, 1, true}});
    race.AddPoint(0, 10, 0.8);
    race.AddPoint(1, 10, 0.6);
    race.AddPoint(2, 10, good ? 0.9 : 0.7);
    EXPECT_EQ(race.GateAt(0, 10), Race::Gate::kGo);
    EXPECT_EQ(race.GateAt(2, 10), Race::Gate::kWait);
    const auto decisions = race.Decide([](TrialIndex trial) { return Standing{trial == 1, false, 10}; });
    ASSERT_EQ(decisions.size(), 1u);
    EXPECT_EQ(decisions[0].arm, "arm2");
    EXPECT_EQ(decisions[0].kept, good);
  }
}

// A sweep of 9 arms of 3 seeds on a few slots, its trials ended in a random order, the runner restarted now and then.
class Sweep {
 public:
  Sweep(EarlyStopping::Rule rule, uint64_t seed) : settings_(Settings(rule, {0.25, 0.5, 0.75})), random_(seed) {
    for (uint32_t i = 0; i < 27; ++i) steps_[i] = 0;
  }

  // All that was decided, as (arm, rung, value, kept) in text.
  std::set<std::string> Play() {
    Restart();
    for (int events = 0; events < 2000; ++events) {
      if (random_() % 20 == 0) Restart();
      for (auto& decision : race_->Decide([this](TrialIndex trial) { return StandingOf(trial); }))
        decisions_.push_back(decision);
      std::vector<TrialIndex> can_go;
      for (TrialIndex i = 0; i < 27; ++i) {
        const Standing now = StandingOf(i);
        if (!now.out && !now.done && race_->GateAt(i, steps_[i]) == Race::Gate::kGo) can_go.push_back(i);
        if (race_->GateAt(i, steps_[i]) == Race::Gate::kStop) stopped_.insert(i);
      }
      if (can_go.empty()) break;
      const TrialIndex trial = can_go[random_() % can_go.size()];
      Run(trial, race_->LeaveAfter(trial, steps_[trial]));
    }
    std::set<std::string> texts;
    for (const auto& one : decisions_) {
      texts.insert(one.arm + " " + std::to_string(one.rung) + " " + std::to_string(one.value) + (one.kept ? " kept" : ""));
    }
    return texts;
  }

  uint64_t finished() const {
    return std::count_if(steps_.begin(), steps_.end(), [](const auto& trial) { return trial.second == kSteps; });
  }

 private:
  // Seed 2 of arm 4 fails in its 12th step, always.
  static bool Fails(TrialIndex trial) { return trial == 14; }

  Standing StandingOf(TrialIndex trial) {
    const uint64_t step = steps_[trial];
    return {failed_.count(trial) > 0 || stopped_.count(trial) > 0, step == kSteps, step};
  }

  void Run(TrialIndex trial, uint64_t leave) {
    const uint64_t end = leave == 0 ? kSteps : leave;
    for (uint64_t step = steps_[trial] + 1; step <= end; ++step) {
      if (Fails(trial) && step == 12) {
        failed_.insert(trial);
        return;
      }
      if (step % 5 == 0) race_->AddPoint(trial, step, points_[{trial, step}] = Value(trial, step));
    }
    steps_[trial] = end;
  }

  static double Value(TrialIndex trial, uint64_t step) {
    std::mt19937_64 random(trial * 1000 + step);
    return static_cast<double>(random() % 1000) / 1000 + 0.05 * (trial / 3);
  }

  void Restart() {
    race_ = std::make_unique<Race>(settings_, Metric(), Arms(9), Trials(9, 3));
    race_->Load(decisions_);
    for (const auto& [key, value] : points_) race_->AddPoint(key.first, key.second, value);
  }

  const EarlyStopping settings_;
  std::mt19937_64 random_;
  std::unique_ptr<Race> race_;
  std::vector<store::RungDecision> decisions_;
  std::map<TrialIndex, uint64_t> steps_;
  std::map<std::pair<TrialIndex, uint64_t>, double> points_;
  std::set<TrialIndex> failed_, stopped_;
};

TEST(Race, DecidesTheSameInAnyOrderAndAfterAnyRestart) {
  for (const auto rule : {EarlyStopping::SUCCESSIVE_HALVING, EarlyStopping::MEDIAN}) {
    Sweep first(rule, 0);
    const std::set<std::string> expected = first.Play();
    EXPECT_GT(expected.size(), 9u);
    EXPECT_GT(first.finished(), 0u);
    EXPECT_LT(first.finished(), 26u);
    for (uint64_t seed = 1; seed <= 200; ++seed) {
      Sweep sweep(rule, seed);
      ASSERT_EQ(sweep.Play(), expected) << seed;
      ASSERT_EQ(sweep.finished(), first.finished());
    }
  }
}

}  // namespace
}  // namespace ablate::runner
