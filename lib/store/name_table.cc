#include "lib/store/name_table.h"

#include "absl/status/status.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate::store {

NameTable::NameTable(Connection& connection, const std::string& table, const std::string& key)
    : connection_(connection),
      insert_(fmt::format("INSERT OR IGNORE INTO {} (name) VALUES (?)", table)),
      select_(fmt::format("SELECT {} FROM {} WHERE name = ?", key, table)) {}

absl::StatusOr<int64_t> NameTable::KeyOf(const std::string& name) {
  const auto found = keys_.find(name);
  if (found != keys_.end()) return found->second;
  if (name.empty()) return absl::InvalidArgumentError("a name is empty");
  {
    ASSIGN_OR_RETURN(Statement insert, connection_.Prepare(insert_));
    RETURN_IF_ERROR(insert.Text(name).Run());
  }
  ASSIGN_OR_RETURN(Statement select, connection_.Prepare(select_));
  RETURN_IF_ERROR(select.Text(name).Step().status());
  return keys_.emplace(name, select.IntegerAt(0)).first->second;
}

}  // namespace ablate::store
