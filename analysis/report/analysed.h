// What `ablate analyze` found out about the trials of a study, for sections that also show what training logged.
#pragma once

#include "absl/status/statusor.h"
#include "analysis/report/study.h"

namespace ablate::analysis {

// False too for a database that was last written before there were analyses.
absl::StatusOr<bool> HasAnalyses(const Study& study);

// The common table `analysed` (trial, evaluation): each trial's newest analysis that has statistics. Where HasAnalyses.
inline constexpr char kAnalysed[] =
    "WITH analysed AS (SELECT v.trial, MAX(v.evaluation) AS evaluation FROM evaluations v WHERE v.analysis <> '' AND "
    "EXISTS (SELECT 1 FROM evaluation_layer_statistics l WHERE l.evaluation = v.evaluation) GROUP BY v.trial) ";

}  // namespace ablate::analysis
