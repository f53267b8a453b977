#include "analysis/claims.h"

#include <algorithm>
#include <cmath>

#include "analysis/power.h"

namespace ablate::analysis {
namespace {

const ArmResults* Find(const std::vector<ArmResults>& arms, const std::string& name) {
  const auto found = std::find_if(arms.begin(), arms.end(), [&](const ArmResults& arm) { return arm.arm == name; });
  return found == arms.end() ? nullptr : &*found;
}

Verdict VerdictOf(const ClaimResult& result) {
  const Estimate& difference = result.difference;
  if (difference.n < 2) return Verdict::kUndecided;
  if (difference.low() >= result.claim.at_least) return Verdict::kShown;
  if (difference.high() < result.claim.at_least) return Verdict::kContradicted;
  const bool too_few = result.claim.at_least != 0 && result.could_have_seen > std::abs(result.claim.at_least);
  return too_few ? Verdict::kUndecided : Verdict::kNotShown;
}

}  // namespace

const char* VerdictName(Verdict verdict) {
  constexpr const char* kNames[] = {"shown", "contradicted", "not shown", "undecided"};
  return kNames[static_cast<int>(verdict)];
}

std::vector<ClaimResult> JudgeClaims(const std::vector<Claim>& claims, const std::vector<ArmResults>& arms) {
  std::vector<ClaimResult> results;
  for (const Claim& claim : claims) {
    const ArmResults *arm = Find(arms, claim.arm), *baseline = Find(arms, claim.baseline);
    ClaimResult result;
    result.claim = claim;
    if (arm != nullptr && baseline != nullptr) result.difference = PairedDifference(arm->values, baseline->values);
    result.could_have_seen = SmallestDifference(result.difference);
    if (result.difference.n >= 2) result.seeds_needed = SeedsNeeded(claim.at_least / result.difference.deviation);
    result.verdict = VerdictOf(result);
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace ablate::analysis
