// Names that are kept once: metrics, statistics, kinds of attention. Private to lib/store.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "lib/store/sqlite.h"

namespace ablate::store {

class NameTable {
 public:
  // Of a table with the columns `key` and name.
  NameTable(Connection& connection, const std::string& table, const std::string& key);

  // The key of a name, which is inserted where it is new. InvalidArgument for an empty one.
  absl::StatusOr<int64_t> KeyOf(const std::string& name);

  // After a rollback.
  void Forget() { keys_.clear(); }

 private:
  Connection& connection_;
  std::string insert_, select_;
  std::unordered_map<std::string, int64_t> keys_;
};

}  // namespace ablate::store
