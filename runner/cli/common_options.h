// Options that several verbs share, with one wording and one default each.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "runner/cli/command_line.h"

namespace ablate::runner {

// --db FILE; $ABLATE_DB, else results.db in the working folder.
void AddDatabaseOption(VerbOptions verb, std::string& database);

// --data FOLDER; $ABLATE_DATA, else the folder of the experiment file (`data` stays empty: see DataFolder).
void AddDataOption(VerbOptions verb, std::string& data);
std::string DataFolder(const std::string& data, const std::string& spec_path);

// --set field=value, repeatable.
void AddSettingsOption(VerbOptions verb, std::vector<std::string>& settings);

// Prints "ablate: MESSAGE" to stderr and returns `code`.
ExitCode Fail(ExitCode code, const absl::Status& status);

}  // namespace ablate::runner
