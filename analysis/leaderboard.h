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

// How something compares with another over their common seeds.
enum class Comparison {
  kSame,    // it is that other
  kBetter,  // the corrected p of the paired difference is below kLevel, on the better side of 0
  kTie,     // the corrected p is not below it: too small a difference to be seen with these seeds, or none
  kWorse,   // as better, on the worse side
  kOpen,    // fewer than two common seeds
};
const char* ComparisonName(Comparison comparison);  // "same", "better", "tie", "worse", "open"

// One of several paired differences to the same other.
struct Difference {
  Estimate estimate;             // this minus the other
  double p = 0;                  // of its own t test; NaN where there are fewer than two common seeds
  double holm_p = 0;             // corrected over all differences to that other
  double false_discovery_p = 0;  // Benjamini and Hochberg's
  Comparison comparison = Comparison::kOpen;
};

// Fills in all but the estimates. `same` is the index of the one that is the other, or -1: it is no test.
void TestDifferences(int same, bool maximize, std::vector<Difference*> differences);

struct Standing {
  const ArmResults* arm;  // of the `arms` given
  int rank = 0;           // 1: the best mean and all that tie with it; else the place by mean; 0: no values
  Estimate mean;
  double best_seed = 0;  // best value of all seeds, which grows with their number; NaN: no values
  Difference to_best, to_baseline;
};

// Sorted by mean, best first; arms without values last, in the order given. `baseline` is the name of an arm, or "". `arms`
// must live as long as the result. p values are corrected for the number of arms, not for having picked the best of them.
std::vector<Standing> Leaderboard(const std::vector<ArmResults>& arms, bool maximize, const std::string& baseline);

// Best of the values; NaN of none.
double BestOf(const BySeed& values, bool maximize);

}  // namespace ablate::analysis
