// What a database of ours is, and how an older one becomes one of today. Private to lib/store.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/store/sqlite.h"

namespace ablate::store {

// "Abla": in the file's header, so that other databases are recognized as such.
constexpr int64_t kApplicationId = 0x41626c61;

// Of this program: the number of files in schema/, which are applied in order.
int64_t LatestSchema();

// Makes an empty database one of ours, migrates an older one after a backup, and brings the views up to date.
// FailedPrecondition on a newer one; DataLoss on another program's. `up_to` is for tests of migrations.
absl::Status BringUpToDate(Connection& connection, const std::string& path, int64_t up_to = LatestSchema());

// The checks of the above, for a reader. An empty database is not ours.
absl::Status CheckReadable(sqlite3* database, const std::string& path);

}  // namespace ablate::store
