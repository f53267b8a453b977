// Which arm is best, which ones can't be told from it, and what that says about an experiment's claims.
#pragma once

#include <string>
#include <vector>

#include "analysis/across_seeds.h"

namespace ablate::analysis {

struct ArmResults {
  std::string arm;
  BySeed values;       // the experiment's metric of its succeeded trials
  int failed = 0;      // trials that failed, or succeeded with NaN
  int unfinished = 0;  // trials that are pending, running, stopped or cancelled
};

// How an arm compares with another over their common seeds.
enum class Comparison {
  kSame,    // it is that arm
  kBetter,  // the interval of the paired difference lies on the better side of 0
  kTie,     // the interval contains 0
  kWorse,   // the interval lies on the worse side of 0
  kOpen,    // fewer than two common seeds
};
const char* ComparisonName(Comparison comparison);  // "same", "better", "tie", "worse", "open"

struct Standing {
  const ArmResults* arm;  // of the `arms` given
  int rank = 0;           // 1: the best mean and all that tie with it; else the place by mean; 0: no values
  Estimate mean;
  Estimate to_best, to_baseline;  // this arm minus the other
  Comparison with_best, with_baseline;
};

// Sorted by mean, best first; arms without values last, in the order given. `baseline` is the name of an arm, or "". `arms`
// must live as long as the result. The interval to the best is that of one comparison, not corrected for having picked the
// best.
std::vector<Standing> Leaderboard(const std::vector<ArmResults>& arms, bool maximize, const std::string& baseline);

struct Claim {
  std::string arm, baseline, source;
  double at_least = 0;
};

enum class Verdict {
  kHolds,        // the whole interval of the paired difference is at least what was claimed
  kDoesNotHold,  // the whole interval is below it
  kOpen,         // the interval contains it, or there are fewer than two common seeds
};
const char* VerdictName(Verdict verdict);  // "holds", "does not hold", "open"

struct ClaimResult {
  Claim claim;
  Estimate difference;
  Verdict verdict;
};

std::vector<ClaimResult> JudgeClaims(const std::vector<Claim>& claims, const std::vector<ArmResults>& arms);

}  // namespace ablate::analysis
