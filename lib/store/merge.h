// One results database taken into another: what two machines, or two people, have run. See Writer::Merge. Private to lib/store.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/store/merge_report.h"
#include "lib/store/sqlite.h"

namespace ablate::store {

// Takes the database at `other_path` into that of `connection`, which is at `path`; all of it or, where the two contradict each
// other, nothing.
absl::StatusOr<MergeReport> MergeDatabase(Connection& connection, const std::string& path, const std::string& other_path);

// Tables that merging copies, and those that it leaves out since they are the same in every database; sorted. A test holds them
// equal to the schema, so that a new table is not forgotten.
std::vector<std::string> MergedTables();
std::vector<std::string> UnmergedTables();

}  // namespace ablate::store
