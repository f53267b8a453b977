#include "runner/scheduler/failure_policies.h"

#include <cmath>

#include "lib/spec/failure_classes.h"

namespace ablate::runner {
namespace {

uint32_t OwnRetries(const std::string& failure_class, const Launching& launching) {
  if (failure_class == spec::kCrash) return launching.crash_retries();
  return failure_class == spec::kNoProgress || failure_class == spec::kOutOfMemory ? 1 : 0;
}

}  // namespace

FailurePolicies::FailurePolicies(const Launching& launching) {
  for (const FailurePolicy& stated : launching.on_failure()) policies_[stated.failure_class()] = stated;
  for (const std::string& failure_class : spec::FailureClasses()) {
    FailurePolicy& policy = policies_[failure_class];
    if (!policy.has_retries()) policy.set_retries(OwnRetries(failure_class, launching));
  }
}

const FailurePolicy& FailurePolicies::Of(const std::string& failure_class) const {
  const auto policy = policies_.find(failure_class);
  return policy == policies_.end() ? FailurePolicy::default_instance() : policy->second;
}

FailurePolicies::Verdict FailurePolicies::Failed(TrialIndex trial, const std::string& failure_class) {
  const FailurePolicy& policy = Of(failure_class);
  if (policy.retries() == 0) return {};
  const uint32_t failures = ++failures_[{trial, failure_class}];
  if (failures > policy.retries()) return {};
  return {true, policy.alone(), std::ldexp(policy.back_off_seconds(), static_cast<int>(failures) - 1)};
}

bool FailurePolicies::StopsAll(const std::string& failure_class) {
  in_a_row_ = failure_class == last_class_ ? in_a_row_ + 1 : 1;
  last_class_ = failure_class;
  const uint32_t most = Of(failure_class).stop_after();
  return most > 0 && in_a_row_ >= most;
}

void FailurePolicies::Forget(TrialIndex trial) {
  failures_.erase(failures_.lower_bound({trial, ""}), failures_.lower_bound({trial + 1, ""}));
}

}  // namespace ablate::runner
