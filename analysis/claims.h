// Published statements held against an experiment's results.
#pragma once

#include <string>
#include <vector>

#include "analysis/leaderboard.h"

namespace ablate::analysis {

// The mean of `arm` minus that of `baseline` is at least `at_least`.
struct Claim {
  std::string arm, baseline, source;
  double at_least = 0;
};

enum class Verdict {
  kShown,         // the whole interval of the paired difference is at least what was claimed
  kContradicted,  // the whole interval is below it
  kNotShown,      // the interval contains it, though a difference as large as `at_least` could have been told from none
  kUndecided,     // the seeds don't say: fewer than two in common, or too few to tell a difference so large from none
};
const char* VerdictName(Verdict verdict);  // "shown", "contradicted", "not shown", "undecided"

struct ClaimResult {
  Claim claim;
  Estimate difference;
  Verdict verdict = Verdict::kUndecided;
  double could_have_seen = 0;  // smallest true difference that these seeds tell from none with kPower; NaN below two
  int seeds_needed = 0;        // to tell |at_least| from none with kPower; 0: not known, or at_least is 0
};

// Each claim is a question of its own, stated before: no correction for their number.
std::vector<ClaimResult> JudgeClaims(const std::vector<Claim>& claims, const std::vector<ArmResults>& arms);

}  // namespace ablate::analysis
