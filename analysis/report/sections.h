// The sections of a report. Each has figures, the same as tables, and what is to be known to read them.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "analysis/report/study.h"

namespace ablate::analysis {

// Arms with intervals, seeds and published values.
Section LeaderboardSection(const Study& study);

// The metric against each field that the experiment varies.
absl::StatusOr<Section> FieldsSection(const Study& study);

// The metric against density and against time: which arms are on the front.
absl::StatusOr<Section> CostSection(const Study& study);

// Every logged metric over the steps, seeds as a band. A curve holds at most 200 points, fewer where there are many curves
// (50,000 points in all, but at least 20 each): every k-th step and the last one, values as they are.
absl::StatusOr<Section> CurvesSection(const Study& study);

// Layers × heads of any arm or trial, any statistic, those of `ablate analyze` included; alpha over the steps where it is
// learned. Holds at most some 600,000 numbers: statistics that don't fit for every trial (density, alpha and entropy are the
// first to fit) are there for arms only.
absl::StatusOr<Section> HeadsSection(const Study& study);

// Degrees of queries and keys, how they grow in training, how far layers reach.
absl::StatusOr<Section> ReceptiveFieldsSection(const Study& study);

// How much the heads of a layer differ.
absl::StatusOr<Section> DiversitySection(const Study& study);

// Metrics on the sets of `ablate evaluate`, with differences to the leaderboard's best.
absl::StatusOr<Section> EvaluationsSection(const Study& study);

// Attributions against the dependency tree, and the heads that find syntactic relations, where a treebank was analysed.
absl::StatusOr<Section> SyntaxSection(const Study& study);

absl::StatusOr<Section> FailuresSection(const Study& study);

// Where it ran, from what, and the commands that repeat it. `spec` and `database` are as given to the verb.
absl::StatusOr<Section> ProvenanceSection(const Study& study, const std::string& spec, const std::string& database);

}  // namespace ablate::analysis
