#include "analysis/datasette_metadata.h"

#include <nlohmann/json.hpp>
#include <variant>

#include "lib/base/status_macros.h"
#include "lib/store/documented.h"

namespace ablate::analysis {

absl::StatusOr<std::string> DatasetteMetadata(const store::Reader& reader, const std::string& database) {
  using nlohmann::ordered_json;
  ordered_json tables = ordered_json::object(), queries = ordered_json::object();
  for (const store::Documented& view : store::Views()) {
    ordered_json columns = ordered_json::object();
    for (const auto& [name, meaning] : view.columns) columns[name] = meaning;
    tables[view.name] = {{"description", view.summary}, {"columns", std::move(columns)}};
  }
  ASSIGN_OR_RETURN(const store::Table names, reader.Query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"));
  for (const std::vector<store::Value>& row : names.rows) {
    tables[std::get<std::string>(row[0])] = {{"hidden", true}};
  }
  for (const store::Documented& query : store::NamedQueries()) {
    queries[query.name] = {{"sql", query.sql}, {"description", query.summary}};
  }
  const ordered_json metadata = {{"title", "Results of ablate"},
                                 {"description", "Views are the public face; the tables that they read are hidden."},
                                 {"databases", {{database, {{"tables", std::move(tables)}, {"queries", std::move(queries)}}}}}};
  return metadata.dump(2) + "\n";
}

}  // namespace ablate::analysis
