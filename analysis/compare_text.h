// A comparison by one field for people, and as rows for programs.
#pragma once

#include <string>

#include "analysis/compare.h"
#include "analysis/experiment_results.h"
#include "lib/store/reader.h"

namespace ablate::analysis {

// One row per value, every digit and every statistic kept.
store::Table ComparisonTable(const FieldComparison& comparison);

// One row per value, rounded for reading, with marks of significance.
store::Table ComparisonForPeople(const FieldComparison& comparison);

// The question, the answer in a sentence, the values as a table of `width` columns.
std::string ComparisonText(const ExperimentResults& results, const FieldComparison& comparison, int width);

}  // namespace ablate::analysis
