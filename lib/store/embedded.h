// The .sql files of this room, in the binary.
#pragma once

#include <string_view>
#include <vector>

namespace ablate::store {

struct EmbeddedFile {
  std::string_view folder;  // "schema", "views", "queries"
  std::string_view name;    // without ".sql"
  std::string_view text;
};

// Sorted by folder and name.
const std::vector<EmbeddedFile>& EmbeddedSql();

}  // namespace ablate::store
