// Numbers with their uncertainty, for people.
#pragma once

#include <string>
#include <vector>

#include "analysis/leaderboard.h"
#include "lib/store/reader.h"

namespace ablate::analysis {

// Decimals that show two digits of the typical half-width; of the largest mean four digits where there is no interval.
int DecimalsFor(const std::vector<Estimate>& estimates);

// "0.913±0.038"; without an interval "0.913"; "" where n is 0.
std::string WithInterval(const Estimate& estimate, int decimals, bool sign = false);

// "***" for p < 0.001, "**" for p < 0.01, "*" for p < 0.05, "".
const char* Stars(double p);
constexpr char kStarsMeaning[] = "* p < 0.05, ** p < 0.01, *** p < 0.001: paired t tests, Holm-corrected within the column.";

// "+0.103±0.014**", "tie +0.000±0.025", "open -0.400", or `same`; NULL where there is nothing to compare.
store::Value DifferenceText(const Difference& difference, int decimals, const std::string& same);

// Columns of a table of every digit: NULL instead of NaN and infinities.
store::Value Finite(double value);
store::Value MeanOrNull(const Estimate& estimate);

std::string Plural(int count, const std::string& noun);

// Lines of at most `width` columns, each ended; harmless in a terminal.
std::string Wrapped(const std::string& text, int width);

}  // namespace ablate::analysis
