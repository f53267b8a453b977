#include "runner/scheduler/failure_policies.h"

#include <gtest/gtest.h>

namespace ablate::runner {
namespace {

Launching WithPolicy(const std::string& failure_class, uint32_t retries, uint32_t stop_after = 0) {
  Launching launching;
  FailurePolicy& policy = *launching.add_on_failure();
  policy.set_failure_class(failure_class);
  policy.set_retries(retries);
  policy.set_stop_after(stop_after);
  return launching;
}

TEST(FailurePolicies, ClassesHaveNumbersOfTheirOwn) {
  Launching launching;
  launching.set_crash_retries(4);
  FailurePolicy& nan = *launching.add_on_failure();
  nan.set_failure_class("nan");
  nan.set_alone(true);
  const FailurePolicies policies(launching);
  EXPECT_EQ(policies.Of("crash").retries(), 4u);
  EXPECT_EQ(policies.Of("out_of_memory").retries(), 1u);
  EXPECT_EQ(policies.Of("no_progress").retries(), 1u);
  EXPECT_EQ(policies.Of("nan").retries(), 0u);
  EXPECT_TRUE(policies.Of("nan").alone());
  EXPECT_EQ(policies.Of("of a newer worker").retries(), 0u);
  EXPECT_EQ(FailurePolicies(WithPolicy("crash", 0)).Of("crash").retries(), 0u);
}

TEST(FailurePolicies, ATrialIsTriedAgainSoOftenAndLaterEachTime) {
  Launching launching = WithPolicy("nan", 2);
  launching.mutable_on_failure(0)->set_alone(true);
  launching.mutable_on_failure(0)->set_back_off_seconds(3);
  FailurePolicies policies(launching);
  const auto first = policies.Failed(7, "nan"), second = policies.Failed(7, "nan");
  EXPECT_TRUE(first.again && first.alone);
  EXPECT_EQ(first.wait_seconds, 3);
  EXPECT_EQ(second.wait_seconds, 6);
  EXPECT_TRUE(policies.Failed(8, "nan").again) << "each trial counts for itself";
  EXPECT_FALSE(policies.Failed(7, "nan").again);
  EXPECT_FALSE(policies.Failed(7, "bad_data").again);
  policies.Forget(7);
  EXPECT_TRUE(policies.Failed(7, "nan").again);
}

TEST(FailurePolicies, StopsAllAfterSoManyInARow) {
  FailurePolicies policies(WithPolicy("nan", 0, 3));
  EXPECT_FALSE(policies.StopsAll("nan"));
  EXPECT_FALSE(policies.StopsAll("nan"));
  policies.Succeeded();
  EXPECT_FALSE(policies.StopsAll("nan"));
  EXPECT_FALSE(policies.StopsAll("crash")) << "another class breaks the row";
  EXPECT_FALSE(policies.StopsAll("nan"));
  EXPECT_FALSE(policies.StopsAll("nan"));
  EXPECT_TRUE(policies.StopsAll("nan"));
}

}  // namespace
}  // namespace ablate::runner
