// Experiments for tests: what every one of them needs, and plans that must succeed.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/spec/spec.h"

namespace ablate::spec {

inline constexpr char kTaskAndModel[] = "task { recall {} } model { encoder {} }";

// An experiment with the base `task, model, more` and what follows it.
inline std::string ExperimentText(const std::string& more_base, const std::string& rest) {
  return std::string("name: \"test\"\nbase { ") + kTaskAndModel + " " + more_base + " }\n" + rest;
}

inline Plan PlanOf(const std::string& text, const Options& options = {}) {
  const absl::StatusOr<Plan> plan = ParsePlan(text, "test.textproto", options);
  EXPECT_TRUE(plan.ok()) << plan.status().message();
  return plan.ok() ? *plan : Plan();
}

inline std::string ErrorOf(const std::string& text, const Options& options = {}) {
  const absl::StatusOr<Plan> plan = ParsePlan(text, "test.textproto", options);
  return plan.ok() ? "no error" : std::string(plan.status().message());
}

inline std::vector<std::string> Ids(const Plan& plan) {
  std::vector<std::string> ids;
  for (const PlannedTrial& trial : plan.trials) ids.push_back(trial.id);
  return ids;
}

// Id of the only trial of an experiment that consists of a base.
inline std::string IdOf(const std::string& base, const Options& options = {}) {
  const Plan plan = PlanOf("name: \"test\" base { " + base + " }", options);
  EXPECT_EQ(plan.trials.size(), 1u);
  return plan.trials.empty() ? "" : plan.trials[0].id;
}

}  // namespace ablate::spec
