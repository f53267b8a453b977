#include "runner/cli/why.h"

#include <fmt/format.h>

#include <unordered_map>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "runner/cli/open_store.h"

namespace ablate::runner {
namespace {

constexpr size_t kShownDigits = 12;

// Of each trial that the database knows: its state in the experiment (NULL: not in it), where it succeeded, its newest
// checkpoint, its newest failure, whether its newest attempt's launch is open.
constexpr char kFacts[] = R"(
SELECT t.trial_id,
       (SELECT et.state FROM experiment_trials et JOIN experiments e USING (experiment)
         WHERE et.trial = t.trial AND e.name = :experiment),
       t.finished_step,
       (SELECT MIN(e.name) FROM experiment_trials et JOIN experiments e USING (experiment)
         WHERE et.trial = t.trial AND e.name != :experiment),
       (SELECT c.step || ' ' || l.folder || '/' || c.path FROM attempts a JOIN checkpoints c USING (attempt) JOIN launches l USING (launch)
         WHERE a.trial = t.trial AND c.step < a.void_from ORDER BY c.step DESC, a.attempt DESC LIMIT 1),
       (SELECT COALESCE(a.failure_class || ': ' || a.message, a.failure_class) FROM attempts a
         WHERE a.trial = t.trial AND a.outcome IN ('failed', 'crashed') ORDER BY a.attempt DESC LIMIT 1),
       (SELECT COUNT(a.first_step) FROM attempts a WHERE a.trial = t.trial)
FROM trials t)";

struct Facts {
  std::string state, other_experiment, checkpoint, failure;
  bool finished = false;
  int64_t finished_step = 0, attempts = 0;
};

std::string TextAt(const std::vector<store::Value>& row, size_t column) {
  const auto* text = std::get_if<std::string>(&row[column]);
  return text == nullptr ? "" : *text;
}

int64_t IntegerAt(const std::vector<store::Value>& row, size_t column) {
  const auto* number = std::get_if<int64_t>(&row[column]);
  return number == nullptr ? 0 : *number;
}

absl::StatusOr<std::unordered_map<std::string, Facts>> KnownTrials(const std::string& experiment, const std::string& database) {
  std::unordered_map<std::string, Facts> known;
  if (!FileExists(database)) return known;
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, OpenStore(database));
  RETURN_IF_ERROR(
      reader->ForEachRow(kFacts, {{"experiment", experiment}}, [&](const auto&, const std::vector<store::Value>& row) {
        Facts& facts = known[TextAt(row, 0)];
        facts = {TextAt(row, 1),      TextAt(row, 3),    TextAt(row, 4),   TextAt(row, 5),
                 row[2].index() != 0, IntegerAt(row, 2), IntegerAt(row, 6)};
        return true;
      }));
  return known;
}

std::string WhyNot(const Facts& facts) {
  if (facts.finished) {
    const bool elsewhere = facts.state.empty() || facts.state != "succeeded";
    const std::string where = elsewhere && !facts.other_experiment.empty() ? " in experiment " + facts.other_experiment : "";
    return fmt::format("succeeded{} at step {}", where, facts.finished_step);
  }
  if (facts.state == "failed") return fmt::format("failed ({}); `ablate retry` lets it run again", facts.failure);
  if (facts.state == "stopped" || facts.state == "cancelled") return facts.state + "; `ablate retry` lets it run again";
  return "";
}

std::string WhyRun(const Facts& facts, const std::string& folder) {
  if (facts.attempts == 0) return "has never run";
  const size_t space = facts.checkpoint.find(' ');
  if (space != std::string::npos && FileExists(JoinPath(folder, facts.checkpoint.substr(space + 1)))) {
    return fmt::format("goes on from its checkpoint at step {}", facts.checkpoint.substr(0, space));
  }
  return "was interrupted without a checkpoint: starts anew";
}

}  // namespace

absl::StatusOr<store::Table> ReasonsOf(const spec::Plan& plan, const std::string& database) {
  ASSIGN_OR_RETURN(const auto known, KnownTrials(plan.experiment.name(), database));
  store::Table table{{"trial", "arm", "seed", "runs", "why"}, {}};
  for (const spec::PlannedTrial& planned : plan.trials) {
    const auto found = known.find(planned.id);
    const Facts facts = found == known.end() ? Facts() : found->second;
    const std::string why_not = WhyNot(facts);
    table.rows.push_back({planned.id.substr(0, kShownDigits), planned.arm, static_cast<int64_t>(planned.trial().seed()),
                          std::string(why_not.empty() ? "yes" : "no"),
                          why_not.empty() ? WhyRun(facts, ParentFolder(database)) : why_not});
  }
  return table;
}

}  // namespace ablate::runner
