// All that the database and the launch folders know of one trial, for people.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/store/reader.h"

namespace ablate::runner {

// The one trial whose id begins with `prefix`. InvalidArgument where that is no beginning of an id, NotFound where no trial has
// it, and InvalidArgument with the candidates where several do.
absl::StatusOr<std::string> FindTrial(const store::Reader& reader, const std::string& prefix);

// What the newest attempt of a trial was started from. NotFound where there is no such text.
enum class TextKind {
  kPatch,  // what differed from the git commit, untracked files included: `git apply` takes it
  kSpec,   // the experiment file as it was read
};
absl::StatusOr<std::string> TrialText(const store::Reader& reader, const std::string& id, TextKind kind);

// Where it counts, settings, attempts and their launches, last metrics, heads, and of a failure the message and the end of the
// log. `database` is the path that launch folders are relative to.
absl::StatusOr<std::string> TrialReport(const store::Reader& reader, const std::string& id, const std::string& database,
                                        int width);

}  // namespace ablate::runner
