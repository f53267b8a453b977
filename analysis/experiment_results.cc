#include "analysis/experiment_results.h"

#include <cmath>
#include <cstdint>
#include <variant>

#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"

namespace ablate::analysis {
namespace {

using store::Table;
using store::Value;

constexpr size_t kNamesShown = 20;

const std::string& Text(const Value& value) {
  static const std::string& none = *new std::string;
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? none : *text;
}

double Real(const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return static_cast<double>(*integer);
  const auto* real = std::get_if<double>(&value);
  return real == nullptr ? std::nan("") : *real;
}

absl::Status NoSuchExperiment(const store::Reader& reader, const std::string& name) {
  ASSIGN_OR_RETURN(const Table table, reader.Query("SELECT name FROM experiments ORDER BY recorded_us DESC"));
  std::vector<std::string> names;
  std::string shown;
  for (const std::vector<Value>& row : table.rows) {
    names.push_back(Text(row[0]));
    if (names.size() <= kNamesShown) shown += (shown.empty() ? "" : ", ") + names.back();
  }
  if (names.size() > kNamesShown) shown += fmt::format(" and {} more", names.size() - kNamesShown);
  return absl::NotFoundError(fmt::format("no experiment \"{}\" in the database{}: {}", name, DidYouMean(name, names),
                                         names.empty() ? "it has none yet" : "there are " + shown));
}

absl::Status ReadArms(const store::Reader& reader, const std::string& name, std::vector<ArmResults>* arms) {
  ASSIGN_OR_RETURN(const Table table,
                   reader.Query("SELECT et.arm, t.seed, et.state,"
                                "       CASE e.at WHEN 'BEST' THEN r.best_value ELSE r.last_value END"
                                "  FROM experiments e JOIN experiment_trials et USING (experiment) JOIN trials t USING (trial)"
                                "  LEFT JOIN trial_results r ON r.experiment = e.experiment AND r.trial = et.trial"
                                " WHERE e.name = :name ORDER BY et.arm_position, et.position",
                                {{"name", name}}));
  for (const std::vector<Value>& row : table.rows) {
    if (arms->empty() || arms->back().arm != Text(row[0])) arms->push_back({Text(row[0]), {}, 0, 0});
    ArmResults& arm = arms->back();
    const std::string& state = Text(row[2]);
    const double value = Real(row[3]);
    if (state == "failed" || (state == "succeeded" && std::isnan(value)))
      ++arm.failed;
    else if (state != "succeeded")
      ++arm.unfinished;
    else
      arm.values[std::get<int64_t>(row[1])] = value;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ExperimentResults> ReadExperiment(const store::Reader& reader, const std::string& name) {
  ASSIGN_OR_RETURN(const Table head, reader.Query("SELECT e.name, e.question, e.digest, m.name, e.goal, e.at"
                                                  "  FROM experiments e JOIN metrics m USING (metric) WHERE e.name = :name",
                                                  {{"name", name}}));
  if (head.rows.empty()) return NoSuchExperiment(reader, name);
  const std::vector<Value>& row = head.rows[0];
  ExperimentResults results{Text(row[0]), Text(row[1]), Text(row[2]), Text(row[3]), Text(row[4]), Text(row[5]), {}, {}};
  RETURN_IF_ERROR(ReadArms(reader, name, &results.arms));
  ASSIGN_OR_RETURN(const Table claims,
                   reader.Query("SELECT c.arm, c.baseline, c.source, c.at_least FROM claims c"
                                "  JOIN experiments e USING (experiment) WHERE e.name = :name ORDER BY c.position",
                                {{"name", name}}));
  for (const std::vector<Value>& claim : claims.rows) {
    results.claims.push_back({Text(claim[0]), Text(claim[1]), Text(claim[2]), Real(claim[3])});
  }
  return results;
}

}  // namespace ablate::analysis
