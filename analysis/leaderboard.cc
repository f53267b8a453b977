#include "analysis/leaderboard.h"

#include <algorithm>

namespace ablate::analysis {
namespace {

const ArmResults* Find(const std::vector<ArmResults>& arms, const std::string& name) {
  const auto found = std::find_if(arms.begin(), arms.end(), [&](const ArmResults& arm) { return arm.arm == name; });
  return found == arms.end() ? nullptr : &*found;
}

Comparison Compare(const Estimate& difference, bool maximize) {
  if (difference.n < 2) return Comparison::kOpen;
  if (difference.low() <= 0 && difference.high() >= 0) return Comparison::kTie;
  return (difference.mean > 0) == maximize ? Comparison::kBetter : Comparison::kWorse;
}

void CompareWith(const ArmResults* other, bool maximize, const ArmResults* arm, Estimate* difference, Comparison* comparison) {
  if (other != nullptr) *difference = PairedDifference(arm->values, other->values);
  *comparison = arm == other ? Comparison::kSame : Compare(*difference, maximize);
}

}  // namespace

const char* ComparisonName(Comparison comparison) {
  constexpr const char* kNames[] = {"same", "better", "tie", "worse", "open"};
  return kNames[static_cast<int>(comparison)];
}

const char* VerdictName(Verdict verdict) {
  constexpr const char* kNames[] = {"holds", "does not hold", "open"};
  return kNames[static_cast<int>(verdict)];
}

std::vector<Standing> Leaderboard(const std::vector<ArmResults>& arms, bool maximize, const std::string& baseline) {
  std::vector<Standing> standings(arms.size());
  for (size_t i = 0; i < arms.size(); ++i) {
    standings[i].arm = &arms[i];
    standings[i].mean = Mean(arms[i].values);
  }
  std::stable_sort(standings.begin(), standings.end(), [&](const Standing& a, const Standing& b) {
    if (a.mean.n == 0 || b.mean.n == 0) return a.mean.n > 0 && b.mean.n == 0;
    return maximize ? a.mean.mean > b.mean.mean : a.mean.mean < b.mean.mean;
  });
  const ArmResults* base = Find(arms, baseline);
  const ArmResults* best = standings.empty() || standings[0].mean.n == 0 ? nullptr : standings[0].arm;
  for (size_t i = 0; i < standings.size(); ++i) {
    Standing& standing = standings[i];
    CompareWith(best, maximize, standing.arm, &standing.to_best, &standing.with_best);
    CompareWith(base, maximize, standing.arm, &standing.to_baseline, &standing.with_baseline);
    const bool first = standing.with_best == Comparison::kSame || standing.with_best == Comparison::kTie;
    if (standing.mean.n > 0) standing.rank = first ? 1 : static_cast<int>(i) + 1;
  }
  return standings;
}

std::vector<ClaimResult> JudgeClaims(const std::vector<Claim>& claims, const std::vector<ArmResults>& arms) {
  std::vector<ClaimResult> results;
  for (const Claim& claim : claims) {
    const ArmResults *arm = Find(arms, claim.arm), *baseline = Find(arms, claim.baseline);
    ClaimResult result{claim, {}, Verdict::kOpen};
    if (arm != nullptr && baseline != nullptr) result.difference = PairedDifference(arm->values, baseline->values);
    if (result.difference.n >= 2 && result.difference.low() >= claim.at_least) result.verdict = Verdict::kHolds;
    if (result.difference.n >= 2 && result.difference.high() < claim.at_least) result.verdict = Verdict::kDoesNotHold;
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace ablate::analysis
