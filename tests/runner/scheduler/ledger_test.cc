#include "runner/scheduler/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace ablate::runner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Two arms of two seeds that may share an array, and one arm of another shape.
constexpr char kExperiment[] = R"(
name: "ledger"
metric { name: "validation/loss" goal: MINIMIZE at: BEST }
base { task { recall { } } model { encoder { layers: 1 heads: 1 width: 8 } } training { steps: 40 } }
sweep { name: "sparse" base { attention { normalizer: "sparsemax" } } }
sweep { name: "dense" }
sweep { name: "wide" base { model { encoder { width: 16 } } } }
seeds { first: 5 count: 2 }
)";

class LedgerTest : public testing::Test {
 protected:
  LedgerTest() : plan_(*spec::ParsePlan(kExperiment, "ledger.textproto", {})), ledger_(plan_) {}

  static Event Begin(const std::string& trial, uint32_t attempt) {
    Event event;
    event.mutable_attempt_begin()->set_trial(trial);
    event.mutable_attempt_begin()->set_attempt(attempt);
    return event;
  }
  static Event Points(const std::string& trial, uint64_t step, double value) {
    Event event;
    MetricPoints& points = *event.mutable_metric_points();
    points.set_trial(trial);
    points.set_step(step);
    points.add_metric("train/loss");
    points.add_value(100);
    points.add_metric("validation/loss");
    points.add_value(value);
    return event;
  }
  static Event Checkpoint(const std::string& trial, uint64_t step) {
    Event event;
    event.mutable_checkpoint_written()->set_trial(trial);
    event.mutable_checkpoint_written()->set_step(step);
    event.mutable_checkpoint_written()->set_path("checkpoints/" + trial);
    return event;
  }
  static Event End(const std::string& trial, AttemptEnd::Outcome outcome) {
    Event event;
    event.mutable_attempt_end()->set_trial(trial);
    event.mutable_attempt_end()->set_outcome(outcome);
    return event;
  }

  const spec::Plan plan_;
  Ledger ledger_;
};

TEST_F(LedgerTest, TakesShapesGroupsAndSeedRanksFromThePlan) {
  ASSERT_EQ(ledger_.size(), 6u);
  EXPECT_EQ(ledger_.arm(0), "sparse");
  EXPECT_EQ(ledger_.seed(1), 6u);
  EXPECT_EQ(ledger_.steps(0), 40u);
  const auto runnables = ledger_.Runnables(ledger_.InState(TrialState::kPending));
  EXPECT_EQ(runnables[0].shape, runnables[3].shape);
  EXPECT_NE(runnables[0].shape, runnables[4].shape);
  EXPECT_GT(runnables[0].group, runnables[2].group);  // "softmax" comes before "sparsemax"
  EXPECT_EQ(runnables[2].group, runnables[4].group);
  EXPECT_EQ(runnables[2].seed_rank, 0u);
  EXPECT_EQ(runnables[3].seed_rank, 1u);
}

TEST_F(LedgerTest, LoadsTheStoresStatesAndRefusesOtherTrials) {
  std::vector<store::TrialStatus> statuses(6);
  for (size_t i = 0; i < 6; ++i) statuses[i] = {plan_.trials[i].id, "pending", 0, 0, "", 0};
  statuses[1].state = "succeeded";
  statuses[2].attempts = 3;
  statuses[2].checkpoint_step = 20;
  statuses[2].checkpoint_path = "/old/checkpoints/x";
  for (size_t i = 6; i-- > 0;) ASSERT_TRUE(ledger_.Load(i, statuses[i]).ok());
  EXPECT_EQ(Count(ledger_.counts(), TrialState::kPending), 5u);
  EXPECT_EQ(Count(ledger_.counts(), TrialState::kSucceeded), 1u);
  EXPECT_THAT(ledger_.InState(TrialState::kPending), ElementsAre(0, 2, 3, 4, 5));
  const TrialRequest request = ledger_.Request(2);
  EXPECT_EQ(request.attempt(), 4u);
  EXPECT_EQ(request.checkpoint(), "/old/checkpoints/x");
  EXPECT_EQ(request.trial().seed(), 5u);
  EXPECT_FALSE(ledger_.Request(3).has_checkpoint());
  EXPECT_EQ(ledger_.Runnables({2})[0].resume_step, 20u);

  EXPECT_FALSE(ledger_.Load(4, statuses[3]).ok());
  EXPECT_FALSE(ledger_.Load(6, statuses[3]).ok());
  statuses[3].state = "lost";
  EXPECT_FALSE(ledger_.Load(3, statuses[3]).ok());
}

TEST_F(LedgerTest, KeepsTheMetricThatCounts) {
  const std::string& id = ledger_.id(0);
  EXPECT_TRUE(std::isnan(ledger_.metric(0)));
  for (const double value : {0.5, 0.25, 0.75}) ledger_.Apply(Points(id, 10, value), "/l");
  EXPECT_EQ(ledger_.metric(0), 0.25);  // BEST of MINIMIZE
  EXPECT_TRUE(std::isnan(ledger_.metric(1)));
}

TEST_F(LedgerTest, FollowsAttemptsToTheirEnds) {
  const std::string& id = ledger_.id(3);
  ledger_.SetState(3, TrialState::kRunning);
  EXPECT_FALSE(ledger_.Apply(Begin(id, 2), "/l").has_value());
  EXPECT_EQ(ledger_.Request(3).attempt(), 3u);
  EXPECT_EQ(ledger_.Apply(End(id, AttemptEnd::LEFT), "/l"), 3u);
  EXPECT_EQ(ledger_.state(3), TrialState::kPending);
  ledger_.Apply(End(id, AttemptEnd::FAILED), "/l");
  EXPECT_EQ(ledger_.state(3), TrialState::kFailed);
  EXPECT_FALSE(ledger_.Apply(End("stranger", AttemptEnd::FAILED), "/l").has_value());
}

TEST_F(LedgerTest, TellsWhichCheckpointsNobodyNeeds) {
  const std::string& id = ledger_.id(0);
  ledger_.Apply(Checkpoint(id, 10), "/first");
  ledger_.Apply(Checkpoint(id, 20), "/first");  // the same file, written again
  EXPECT_THAT(ledger_.TakeNeedlessCheckpoints(), IsEmpty());
  ledger_.Apply(Checkpoint(id, 30), "/second");
  EXPECT_THAT(ledger_.TakeNeedlessCheckpoints(), ElementsAre("/first/checkpoints/" + id));
  EXPECT_EQ(ledger_.checkpoint_step(0), 30u);
  ledger_.Apply(End(id, AttemptEnd::FAILED), "/second");
  EXPECT_THAT(ledger_.TakeNeedlessCheckpoints(), IsEmpty());  // a retry may want it
  ledger_.Apply(End(id, AttemptEnd::SUCCEEDED), "/second");
  EXPECT_THAT(ledger_.TakeNeedlessCheckpoints(), ElementsAre("/second/checkpoints/" + id));
  EXPECT_THAT(ledger_.TakeNeedlessCheckpoints(), IsEmpty());
}

TEST(TrialStates, AreSpeltAsTheStoreSpellsThem) {
  EXPECT_EQ(ParseTrialState("cancelled"), TrialState::kCancelled);
  EXPECT_EQ(ParseTrialState("pending"), TrialState::kPending);
  EXPECT_FALSE(ParseTrialState("lost").has_value());
}

}  // namespace
}  // namespace ablate::runner
