// A leaderboard for people, and as rows for programs.
#pragma once

#include <string>
#include <vector>

#include "analysis/claims.h"
#include "analysis/experiment_results.h"
#include "analysis/leaderboard.h"
#include "lib/store/reader.h"

namespace ablate::analysis {

// One row per arm, every digit kept; bounds are NULL where there are fewer than two seeds. With `baseline` also the difference
// to it.
store::Table LeaderboardTable(const std::vector<Standing>& standings, bool baseline);

// One row per arm, rounded for reading, with marks of significance: for a terminal and for papers. `baseline` is "" or an arm.
store::Table LeaderboardForPeople(const std::vector<Standing>& standings, const std::string& baseline);

// One row per claim, every digit kept.
store::Table ClaimsTable(const std::vector<ClaimResult>& claims);

// The question, the answer in a sentence, the arms as a table of `width` columns, the verdicts.
std::string LeaderboardText(const ExperimentResults& results, const std::vector<Standing>& standings,
                            const std::vector<ClaimResult>& claims, const std::string& baseline, int width);

// "Best: entmax, 0.913±0.038. Tied with it: ..." in one line.
std::string AnswerText(const std::vector<Standing>& standings);

// What the metric is and how means are shown: "validation/accuracy, larger is better, ...".
std::string MetricText(const ExperimentResults& results);

// "Claim: a - b >= 0.05 (source): shown, seen +0.103±0.014 over 3 seeds in common."
std::string ClaimText(const ClaimResult& result);

}  // namespace ablate::analysis
