// Lines of the texts of language_modeling. Knows nothing of vocabularies, so that a check of files needs none.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/trial.pb.h"

namespace ablate::tasks {

struct LanguageLines {
  std::vector<std::string> train, validation;
  std::vector<std::string> test;  // empty: there is none
};

// Reads, splits off and lower-cases as the settings say. Errors as ReadTextLines'; InvalidArgument on settings that can't be,
// and on too few lines to split.
absl::StatusOr<LanguageLines> ReadLanguageLines(const LanguageModeling& settings, const std::string& data_folder);

// The settings, and the first line of each file.
absl::Status CheckLanguageModeling(const LanguageModeling& settings, const std::string& data_folder);

}  // namespace ablate::tasks
