#include "lib/store/rungs.h"

#include <limits>

#include "fmt/format.h"
#include "lib/base/clock.h"
#include "lib/base/status_macros.h"

namespace ablate::store {
namespace {

absl::StatusOr<int64_t> ExperimentKey(Connection& connection, const std::string& experiment) {
  ASSIGN_OR_RETURN(Statement select, connection.Prepare("SELECT experiment FROM experiments WHERE name = ?"));
  ASSIGN_OR_RETURN(const bool there, select.Text(experiment).Step());
  if (!there) return absl::NotFoundError(fmt::format("the database has no experiment '{}'", experiment));
  return select.IntegerAt(0);
}

}  // namespace

absl::StatusOr<std::vector<RungDecision>> RungDecisions(Connection& connection, const std::string& experiment) {
  ASSIGN_OR_RETURN(const int64_t key, ExperimentKey(connection, experiment));
  ASSIGN_OR_RETURN(
      Statement select,
      connection.Prepare("SELECT arm, rung, value, seeds, kept FROM rungs WHERE experiment = ? ORDER BY rung, arm"));
  select.Integer(key);
  std::vector<RungDecision> decisions;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return decisions;
    const double value = select.IsNull(2) ? std::numeric_limits<double>::quiet_NaN() : select.RealAt(2);
    decisions.push_back({select.TextAt(0), static_cast<uint32_t>(select.IntegerAt(1)), value,
                         static_cast<uint32_t>(select.IntegerAt(3)), select.IntegerAt(4) != 0});
  }
}

absl::Status InsertRungDecisions(Connection& connection, const std::string& experiment,
                                 const std::vector<RungDecision>& decisions, const std::vector<std::string>& stopped) {
  ASSIGN_OR_RETURN(const int64_t key, ExperimentKey(connection, experiment));
  ASSIGN_OR_RETURN(Statement insert,
                   connection.Prepare("INSERT OR IGNORE INTO rungs (experiment, arm, rung, value, seeds, kept, decided_us) "
                                      "VALUES (?, ?, ?, ?, ?, ?, ?)"));
  for (const RungDecision& one : decisions) {
    insert.Integer(key).Text(one.arm).Integer(one.rung).Real(one.value).Integer(one.seeds).Integer(one.kept);
    RETURN_IF_ERROR(insert.Integer(NowMicroseconds()).Run());
  }
  ASSIGN_OR_RETURN(
      Statement stop,
      connection.Prepare("UPDATE experiment_trials SET state = 'stopped' WHERE experiment = ? AND state = 'pending' "
                         "AND trial = (SELECT trial FROM trials WHERE trial_id = ?)"));
  for (const std::string& trial : stopped) RETURN_IF_ERROR(stop.Integer(key).Text(trial).Run());
  return absl::OkStatus();
}

}  // namespace ablate::store
