#include "lib/store/merge_checks.h"

#include <optional>
#include <string>

#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate::store {
namespace {

// Each gives a sentence where the databases contradict each other; no row where they don't.
constexpr const char* kContradictions[] = {
    "SELECT 'launch ' || name || ' goes on, or its runner died: `ablate run` or `ablate cancel` ends it' "
    "FROM (SELECT name FROM main.launches WHERE exit_reason IS NULL UNION ALL "
    "      SELECT name FROM other.launches WHERE exit_reason IS NULL) LIMIT 1",

    "SELECT printf('launch %s: %d events of its log in the first, %d in the second', m.name, m.collected, o.collected) "
    "FROM main.launches m JOIN other.launches o USING (name) WHERE m.collected != o.collected LIMIT 1",

    "SELECT 'experiment ' || m.name || ' has another text in each: ' || substr(m.digest, 1, 12) || ' and ' || "
    "       substr(o.digest, 1, 12) || '; give one of them another name' "
    "FROM main.experiments m JOIN other.experiments o USING (name) WHERE m.digest != o.digest LIMIT 1",

    // Of settings that only one has, the other value is NULL.
    "SELECT printf('trial %s: %s is %s in the first, %s in the second', trial_id, field, quote(MAX(ours)), quote(MAX(theirs))) "
    "FROM ("
    "  SELECT m.trial_id, s.field, s.value AS ours, NULL AS theirs FROM main.trials m JOIN main.trial_settings s USING (trial) "
    "  WHERE m.trial_id IN (SELECT trial_id FROM other.trials) UNION ALL "
    "  SELECT o.trial_id, s.field, NULL, s.value FROM other.trials o JOIN other.trial_settings s USING (trial) "
    "  WHERE o.trial_id IN (SELECT trial_id FROM main.trials)) "
    "GROUP BY trial_id, field HAVING MAX(ours) IS NOT MAX(theirs) LIMIT 1",

    "SELECT printf('trial %s succeeded at step %d in the first, at step %d in the second', m.trial_id, m.finished_step, "
    "              o.finished_step) "
    "FROM main.trials m JOIN other.trials o USING (trial_id) WHERE m.finished_step != o.finished_step LIMIT 1",

    "SELECT printf('trial %s: %s at step %d is %s in the first, %s in the second', trial_id, metric, step, "
    "              CASE COUNT(ours) WHEN 0 THEN 'missing' ELSE MAX(ours) END, "
    "              CASE COUNT(theirs) WHEN 0 THEN 'missing' ELSE MAX(theirs) END) FROM ("
    "  SELECT trial_id, metric, step, CASE WHEN value IS NULL THEN 'NaN' ELSE printf('%!.17g', value) END AS ours, NULL AS "
    "theirs FROM main.metric_points "
    "  WHERE trial_id IN (SELECT trial_id FROM main.trials m JOIN other.trials o USING (trial_id) "
    "                     WHERE m.finished_step IS NOT NULL AND o.finished_step IS NOT NULL) UNION ALL "
    "  SELECT trial_id, metric, step, NULL, CASE WHEN value IS NULL THEN 'NaN' ELSE printf('%!.17g', value) END FROM "
    "other.metric_points "
    "  WHERE trial_id IN (SELECT trial_id FROM main.trials m JOIN other.trials o USING (trial_id) "
    "                     WHERE m.finished_step IS NOT NULL AND o.finished_step IS NOT NULL)) "
    "GROUP BY trial_id, metric, step HAVING MAX(ours) IS NOT MAX(theirs) LIMIT 1",
};

}  // namespace

absl::Status CheckMergeable(sqlite3* database) {
  for (const char* sql : kContradictions) {
    ASSIGN_OR_RETURN(const std::optional<std::string> contradiction, QueryText(database, sql));
    if (contradiction) return absl::FailedPreconditionError(fmt::format("can't merge: {}", *contradiction));
  }
  return absl::OkStatus();
}

}  // namespace ablate::store
