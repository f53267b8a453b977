#include "lib/store/results.h"

#include <cmath>
#include <limits>

#include "lib/base/status_macros.h"

namespace ablate::store {

absl::StatusOr<std::vector<CountedMetric>> CountedMetrics(Connection& connection, int64_t trial) {
  ASSIGN_OR_RETURN(Statement select, connection.Prepare("SELECT e.experiment, e.metric, e.goal = 'MAXIMIZE' "
                                                        "FROM experiment_trials et JOIN experiments e USING (experiment) "
                                                        "WHERE et.trial = ?"));
  select.Integer(trial);
  std::vector<CountedMetric> counted;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return counted;
    counted.push_back({select.IntegerAt(0), select.IntegerAt(1), select.IntegerAt(2) != 0});
  }
}

void LastAndBest::Add(int64_t step, double value, bool maximize) {
  if (step >= last_step) {
    last_step = step;
    last_value = value;
  }
  if (std::isnan(value)) return;
  const bool better = !best_step || (maximize ? value > best_value : value < best_value);
  if (better || (value == best_value && step < *best_step)) {
    best_step = step;
    best_value = value;
  }
}

absl::Status MergeResult(Connection& connection, int64_t trial, const CountedMetric& counted, const LastAndBest& more) {
  ASSIGN_OR_RETURN(Statement select,
                   connection.Prepare("SELECT last_step, last_value, best_step, best_value FROM trial_results "
                                      "WHERE experiment = ? AND trial = ?"));
  ASSIGN_OR_RETURN(const bool there, select.Integer(counted.experiment).Integer(trial).Step());
  LastAndBest merged;
  if (there) {
    merged.last_step = select.IntegerAt(0);
    merged.last_value = select.IsNull(1) ? std::numeric_limits<double>::quiet_NaN() : select.RealAt(1);
    if (!select.IsNull(2)) merged.Add(select.IntegerAt(2), select.RealAt(3), counted.maximize);
  }
  if (more.best_step) merged.Add(*more.best_step, more.best_value, counted.maximize);
  if (more.last_step >= 0) merged.Add(more.last_step, more.last_value, counted.maximize);
  ASSIGN_OR_RETURN(
      Statement replace,
      connection.Prepare("INSERT OR REPLACE INTO trial_results "
                         "(experiment, trial, last_step, last_value, best_step, best_value) VALUES (?, ?, ?, ?, ?, ?)"));
  replace.Integer(counted.experiment).Integer(trial).Integer(merged.last_step).Real(merged.last_value);
  if (!merged.best_step) return replace.Null().Null().Run();
  return replace.Integer(*merged.best_step).Real(merged.best_value).Run();
}

absl::Status RecomputeResult(Connection& connection, int64_t trial, const CountedMetric& counted) {
  ASSIGN_OR_RETURN(Statement remove, connection.Prepare("DELETE FROM trial_results WHERE experiment = ? AND trial = ?"));
  RETURN_IF_ERROR(remove.Integer(counted.experiment).Integer(trial).Run());
  LastAndBest all;
  {
    ASSIGN_OR_RETURN(Statement select,
                     connection.Prepare("SELECT p.step, p.value FROM attempts a JOIN raw_metric_points p USING (attempt) "
                                        "WHERE a.trial = ? AND p.metric = ? AND p.step < a.void_from"));
    select.Integer(trial).Integer(counted.metric);
    while (true) {
      ASSIGN_OR_RETURN(const bool row, select.Step());
      if (!row) break;
      all.Add(select.IntegerAt(0), select.IsNull(1) ? std::numeric_limits<double>::quiet_NaN() : select.RealAt(1),
              counted.maximize);
    }
  }
  return all.last_step < 0 ? absl::OkStatus() : MergeResult(connection, trial, counted, all);
}

}  // namespace ablate::store
