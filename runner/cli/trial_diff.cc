#include "runner/cli/trial_diff.h"

#include "lib/base/status_macros.h"

namespace ablate::runner {
namespace {

struct Part {
  const char* name;
  const char* sql;  // (name, value) of the trial :trial, sorted by name
};

constexpr Part kParts[] = {
    {"setting", "SELECT field, value FROM settings WHERE trial_id = :trial ORDER BY field"},
    {"origin",
     "WITH newest AS (SELECT l.* FROM trials t JOIN attempts a USING (trial) JOIN launches l USING (launch)"
     "                 WHERE t.trial_id = :trial ORDER BY a.attempt DESC LIMIT 1)"
     " SELECT 'ablate_version', ablate_version FROM newest UNION ALL SELECT 'command_line', command_line FROM newest"
     " UNION ALL SELECT 'device', device FROM newest UNION ALL SELECT 'device_name', device_name FROM newest"
     " UNION ALL SELECT 'git_changes', git_diff_digest FROM newest UNION ALL SELECT 'git_commit', git_commit FROM newest"
     " UNION ALL SELECT 'host', host FROM newest UNION ALL SELECT 'system', system FROM newest"
     " UNION ALL SELECT 'threads', threads FROM newest UNION ALL SELECT 'untracked_files', untracked_digest FROM newest"
     " UNION ALL SELECT 'versions', versions FROM newest ORDER BY 1"},
    {"result",
     "SELECT 'finished_step', finished_step FROM trials WHERE trial_id = :trial"
     " UNION ALL SELECT metric, value FROM (SELECT metric, MAX(step), value FROM metric_points WHERE trial_id = :trial"
     " GROUP BY metric ORDER BY metric)"},
    {"heads",
     "SELECT attention || ' ' || statistic, AVG(value) FROM head_statistics WHERE trial_id = :trial"
     "   AND step = (SELECT MAX(step) FROM head_statistics WHERE trial_id = :trial)"
     " GROUP BY attention, statistic ORDER BY 1"},
};

using Facts = std::vector<std::pair<std::string, store::Value>>;

absl::StatusOr<Facts> FactsOf(const store::Reader& reader, const Part& part, const std::string& trial) {
  ASSIGN_OR_RETURN(const store::Table table, reader.Query(part.sql, {{"trial", trial}}));
  Facts facts;
  for (const auto& row : table.rows) facts.emplace_back(std::get<std::string>(row[0]), row[1]);
  return facts;
}

store::Value Difference(const store::Value& a, const store::Value& b) {
  const auto* x = std::get_if<double>(&a);
  const auto* y = std::get_if<double>(&b);
  if (x != nullptr && y != nullptr) return *y - *x;
  const auto* m = std::get_if<int64_t>(&a);
  const auto* n = std::get_if<int64_t>(&b);
  if (m != nullptr && n != nullptr) return *n - *m;
  return std::monostate();
}

store::Value Find(const Facts& facts, const std::string& name) {
  for (const auto& [known, value] : facts) {
    if (known == name) return value;
  }
  return std::monostate();
}

}  // namespace

absl::StatusOr<store::Table> TrialDifferences(const store::Reader& reader, const std::string& a, const std::string& b) {
  store::Table table{{"part", "name", "a", "b", "difference"}, {}};
  for (const Part& part : kParts) {
    ASSIGN_OR_RETURN(const Facts of_a, FactsOf(reader, part, a));
    ASSIGN_OR_RETURN(const Facts of_b, FactsOf(reader, part, b));
    const auto add = [&](const std::string& name, const store::Value& x, const store::Value& y) {
      if (x != y) table.rows.push_back({std::string(part.name), name, x, y, Difference(x, y)});
    };
    for (const auto& [name, value] : of_a) add(name, value, Find(of_b, name));
    for (const auto& [name, value] : of_b) {
      if (Find(of_a, name).index() == 0) add(name, std::monostate(), value);
    }
  }
  return table;
}

}  // namespace ablate::runner
