// A leaderboard for people, and as rows for programs.
#pragma once

#include <string>
#include <vector>

#include "analysis/experiment_results.h"
#include "analysis/leaderboard.h"
#include "lib/store/reader.h"

namespace ablate::analysis {

// One row per arm, every digit kept; bounds are NULL where there are fewer than two seeds. With `baseline` also the difference
// to it.
store::Table LeaderboardTable(const std::vector<Standing>& standings, bool baseline);

// One row per claim.
store::Table ClaimsTable(const std::vector<ClaimResult>& claims);

// The question, the answer in a sentence, the arms as a table of `width` columns, the verdicts. `baseline` is "" or an arm.
std::string LeaderboardText(const ExperimentResults& results, const std::vector<Standing>& standings,
                            const std::vector<ClaimResult>& claims, const std::string& baseline, int width);

}  // namespace ablate::analysis
