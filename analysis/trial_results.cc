#include "analysis/trial_results.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "lib/base/status_macros.h"
#include "lib/spec/fields.h"

namespace ablate::analysis {
namespace {

using store::Table;
using store::Value;

std::string SetOrDefault(const TrialResult& trial, int field) {
  const spec::Field& known = spec::TrialFields()[field];
  const auto set = trial.settings.find(known.path);
  if (set != trial.settings.end()) return set->second;
  return known.inherits < 0 ? known.default_text : FieldValue(trial, known.inherits).value_or(known.default_text);
}

bool Holds(const TrialResult& trial, const spec::Condition& condition) {
  if (!FieldValue(trial, condition.field).has_value()) return false;
  const std::string value = SetOrDefault(trial, condition.field);
  if (condition.kind == spec::Condition::Kind::kIsSet) return value == "true" || std::strtod(value.c_str(), nullptr) > 0;
  const bool listed = std::count(condition.values.begin(), condition.values.end(), value) > 0;
  return listed == (condition.kind == spec::Condition::Kind::kIsOneOf);
}

}  // namespace

absl::StatusOr<std::vector<TrialResult>> ReadTrials(const store::Reader& reader, const std::string& experiment) {
  std::vector<TrialResult> trials;
  std::map<int64_t, size_t> by_key;
  ASSIGN_OR_RETURN(const Table rows,
                   reader.Query("SELECT t.trial, et.arm, t.seed, et.state,"
                                "       CASE e.at WHEN 'BEST' THEN r.best_value ELSE r.last_value END"
                                "  FROM experiments e JOIN experiment_trials et USING (experiment) JOIN trials t USING (trial)"
                                "  LEFT JOIN trial_results r ON r.experiment = e.experiment AND r.trial = et.trial"
                                " WHERE e.name = :name ORDER BY et.arm_position, et.position",
                                {{"name", experiment}}));
  for (const std::vector<Value>& row : rows.rows) {
    by_key[std::get<int64_t>(row[0])] = trials.size();
    TrialResult trial{
        std::get<std::string>(row[1]), std::get<int64_t>(row[2]), std::get<std::string>(row[3]), std::nan(""), {}};
    const double* value = std::get_if<double>(&row[4]);
    if (trial.state == "succeeded" && value != nullptr) trial.value = *value;
    trials.push_back(std::move(trial));
  }
  ASSIGN_OR_RETURN(const Table settings, reader.Query("SELECT s.trial, s.field, s.value FROM experiments e"
                                                      "  JOIN experiment_trials et USING (experiment)"
                                                      "  JOIN trial_settings s USING (trial) WHERE e.name = :name",
                                                      {{"name", experiment}}));
  for (const std::vector<Value>& row : settings.rows) {
    trials[by_key[std::get<int64_t>(row[0])]].settings[std::get<std::string>(row[1])] = std::get<std::string>(row[2]);
  }
  return trials;
}

std::optional<std::string> FieldValue(const TrialResult& trial, int field) {
  const spec::Field& known = spec::TrialFields()[field];
  const auto all_hold = [&](const std::vector<spec::Condition>& terms) {
    return std::all_of(terms.begin(), terms.end(), [&](const spec::Condition& condition) { return Holds(trial, condition); });
  };
  const bool one_holds =
      known.alternatives.empty() || std::any_of(known.alternatives.begin(), known.alternatives.end(), all_hold);
  if (!one_holds || !all_hold(known.conditions)) return std::nullopt;
  return SetOrDefault(trial, field);
}

std::vector<int> VariedFields(const std::vector<TrialResult>& trials) {
  std::vector<int> varied;
  for (int field = 0; field < static_cast<int>(spec::TrialFields().size()); ++field) {
    if (spec::TrialFields()[field].path == "seed") continue;
    std::set<std::string> values;
    for (const TrialResult& trial : trials) {
      if (const auto value = FieldValue(trial, field)) values.insert(*value);
    }
    if (values.size() > 1) varied.push_back(field);
  }
  return varied;
}

bool DependsOn(int field, int other) {
  const std::vector<int> deciding = spec::DecidingFields(spec::TrialFields()[field]);
  return std::any_of(deciding.begin(), deciding.end(), [&](int on) { return on == other || DependsOn(on, other); });
}

}  // namespace ablate::analysis
