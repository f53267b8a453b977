#include "lib/training/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ablate::training {
namespace {

Optimizer With(Optimizer::Schedule schedule, double warmup_share) {
  Optimizer optimizer;
  optimizer.set_schedule(schedule);
  optimizer.set_warmup_share(warmup_share);
  return optimizer;
}

TEST(ScheduleTest, ClimbsThenFalls) {
  const Optimizer linear = With(Optimizer::LINEAR, 0.2), cosine = With(Optimizer::COSINE, 0.2);
  EXPECT_EQ(ScheduleShare(linear, 10, 1), 0.5);
  EXPECT_EQ(ScheduleShare(linear, 10, 2), 1);
  EXPECT_EQ(ScheduleShare(linear, 10, 6), 0.5);
  EXPECT_EQ(ScheduleShare(linear, 10, 10), 0);
  EXPECT_EQ(ScheduleShare(cosine, 10, 2), 1);
  EXPECT_NEAR(ScheduleShare(cosine, 10, 6), 0.5, 1e-15);
  EXPECT_NEAR(ScheduleShare(cosine, 10, 4), 0.5 * (1 + std::sqrt(0.5)), 1e-15);
  EXPECT_NEAR(ScheduleShare(cosine, 10, 10), 0, 1e-15);
}

TEST(ScheduleTest, ConstantStaysAndWarmUpMayBeAllOrNothing) {
  EXPECT_EQ(ScheduleShare(With(Optimizer::CONSTANT, 0), 10, 1), 1);
  EXPECT_EQ(ScheduleShare(With(Optimizer::CONSTANT, 0.1), 10, 10), 1);
  EXPECT_EQ(ScheduleShare(With(Optimizer::LINEAR, 1), 10, 10), 1);
  EXPECT_EQ(ScheduleShare(With(Optimizer::LINEAR, 0), 10, 1), 0.9);
}

TEST(ScheduleTest, AShareThatIsNoDoubleStillGivesWholeSteps) {
  // 0.07 * 100 is 7.000000000000001 in double.
  EXPECT_EQ(ScheduleShare(With(Optimizer::CONSTANT, 0.07), 100, 7), 1);
  // Any share above 0 is at least one step.
  EXPECT_EQ(ScheduleShare(With(Optimizer::CONSTANT, 0.06), 4, 1), 1);
}

TEST(EvaluationStepsTest, AreEvenlySpreadAndEndAtTheLast) {
  EXPECT_EQ(EvaluationSteps(100, 4), (std::vector<int64_t>{25, 50, 75, 100}));
  EXPECT_EQ(EvaluationSteps(10, 3), (std::vector<int64_t>{3, 7, 10}));
  EXPECT_EQ(EvaluationSteps(10, 1), (std::vector<int64_t>{10}));
  EXPECT_EQ(EvaluationSteps(3, 10000), (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(EvaluationSteps(100000000, 10000).size(), 10000u);
}

}  // namespace
}  // namespace ablate::training
