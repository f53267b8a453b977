#include "analysis/report/analysed.h"

#include "lib/base/status_macros.h"

namespace ablate::analysis {

absl::StatusOr<bool> HasAnalyses(const Study& study) {
  ASSIGN_OR_RETURN(const store::Table view, study.reader->Query("SELECT name FROM sqlite_schema WHERE name = 'analyses'"));
  return !view.rows.empty();
}

}  // namespace ablate::analysis
