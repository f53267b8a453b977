// What of a database's launch folders is of no use any more.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/store/reader.h"

namespace ablate::runner {

// Of which trials the newest checkpoint is kept.
enum class Keep {
  kUnfinished,  // that have not succeeded: `ablate retry` goes on from it
  kWaiting,     // that wait or run in some experiment: `ablate run` goes on from it
  kNone,        // of none
};

struct Garbage {
  enum class Kind {
    kFolder,      // of a launch that the database does not know
    kIncomplete,  // what a process wrote when it died
    kOlder,       // a checkpoint that no run goes on from
    kNewest,      // the newest checkpoint of a trial: its weights
  };
  Kind kind = Kind::kFolder;
  std::string path;
  std::string trial;  // whose checkpoint it is; else empty
  uint64_t bytes = 0;
  std::string why;  // "trial 3f2a... succeeded", "an older checkpoint of trial ...", "no launch of the database"
};

// Sorted by path. Looks at <database>.launches only (launches that came by a merge lie elsewhere), and leaves launches alone
// that have no end yet. Folders that no launch of the database has are garbage.
absl::StatusOr<std::vector<Garbage>> FindGarbage(const store::Reader& reader, const std::string& database, Keep keep);

// Removes one, and its folder with the last file; NotFound and the like name the path.
absl::Status Remove(const Garbage& garbage);

}  // namespace ablate::runner
