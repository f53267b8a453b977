// The programs that tasks run, frozen in the launches' folder: an update while jobs wait changes nothing for them.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace ablate::runner::slurm {

struct Programs {
  std::string ablate, worker;  // absolute paths
};

// Copies both to `launches`/slurm/programs/<digest>/bin, unless they are there. LibTorch's libraries are not copied: where they
// lie beside the worker (../lib/ablate, as tools/install puts them) a link leads to them.
absl::StatusOr<Programs> Freeze(const Programs& programs, const std::string& launches);

// This program.
std::string OwnPath();

}  // namespace ablate::runner::slurm
