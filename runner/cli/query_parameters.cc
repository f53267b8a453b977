#include "runner/cli/query_parameters.h"

#include <algorithm>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"

namespace ablate::runner {
namespace {

using store::Parameters;

constexpr size_t kNamesShown = 20;

// What a parameter of this name may be; of arms and fields those of :experiment.
const std::map<std::string, std::string>& NamesSql() {
  static const std::string arms =
      "SELECT DISTINCT arm FROM experiment_trials JOIN experiments USING (experiment) WHERE name = :experiment "
      "ORDER BY arm_position";
  static const std::string fields = "SELECT DISTINCT field FROM axis_effects WHERE experiment = :experiment";
  static const auto& sql = *new std::map<std::string, std::string>{
      {"arm", arms},
      {"baseline", arms},
      {"experiment", "SELECT name FROM experiments ORDER BY recorded_us DESC"},
      {"first", fields},
      {"metric", "SELECT name FROM metrics ORDER BY name"},
      {"second", fields},
      {"trial", "SELECT trial_id FROM trials"},
  };
  return sql;
}

const std::string* Find(const Parameters& parameters, const std::string& name) {
  const auto found =
      std::find_if(parameters.begin(), parameters.end(), [&](const auto& parameter) { return parameter.first == name; });
  return found == parameters.end() ? nullptr : &found->second;
}

absl::StatusOr<std::vector<std::string>> Names(const store::Reader& reader, const std::string& parameter,
                                               const Parameters& given) {
  std::vector<std::string> names;
  const auto sql = NamesSql().find(parameter);
  if (sql == NamesSql().end()) return names;
  const bool of_experiment = sql->second.find(":experiment") != std::string::npos;
  const std::string* experiment = Find(given, "experiment");
  if (of_experiment && experiment == nullptr) return names;
  ASSIGN_OR_RETURN(const store::Table table,
                   reader.Query(sql->second, of_experiment ? Parameters{{"experiment", *experiment}} : Parameters{}));
  for (const std::vector<store::Value>& row : table.rows) {
    if (const auto* name = std::get_if<std::string>(&row[0])) names.push_back(*name);
  }
  return names;
}

// ": there are a, b"; trials are too many to name.
std::string ThereAre(const std::string& parameter, const std::vector<std::string>& names) {
  if (parameter == "trial" || names.empty()) return "";
  const std::vector<std::string> shown(names.begin(), names.begin() + std::min(names.size(), kNamesShown));
  const std::string more = names.size() > kNamesShown ? fmt::format(" and {} more", names.size() - kNamesShown) : "";
  return fmt::format(": there are {}{}", absl::StrJoin(shown, ", "), more);
}

bool IsThere(const std::string& parameter, const std::string& value, const std::vector<std::string>& names) {
  if (names.empty()) return true;  // nothing to hold it against
  if (parameter != "trial") return std::count(names.begin(), names.end(), value) > 0;
  return std::any_of(names.begin(), names.end(), [&](const std::string& id) { return id.rfind(value, 0) == 0; });
}

}  // namespace

absl::StatusOr<Parameters> CheckParameters(const store::Reader& reader, const store::Documented& query, Parameters given) {
  for (const auto& [name, meaning] : query.parameters) {  // the experiment comes first, so that arms are its own
    ASSIGN_OR_RETURN(const std::vector<std::string> names, Names(reader, name, given));
    const std::string* value = Find(given, name);
    if (value == nullptr && name == "experiment" && names.size() == 1) {
      given.emplace_back(name, names[0]);
    } else if (value == nullptr) {
      return absl::InvalidArgumentError(
          fmt::format("{} needs --param {}=..., {}{}", query.name, name, meaning, ThereAre(name, names)));
    } else if (!IsThere(name, *value, names)) {
      return absl::InvalidArgumentError(
          fmt::format("--param {}: there is no \"{}\"{}{}", name, *value, DidYouMean(*value, names), ThereAre(name, names)));
    }
  }
  return given;
}

}  // namespace ablate::runner
