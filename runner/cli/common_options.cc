#include "runner/cli/common_options.h"

#include <cstdio>
#include <string>

#include "lib/base/files.h"

namespace ablate::runner {

void AddDatabaseOption(CLI::App& command, std::string& database) {
  database = "results.db";
  command.add_option("--db", database, "Results database. Default: $ABLATE_DB, or results.db in the working folder")
      ->envname("ABLATE_DB")
      ->type_name("FILE");
}

void AddDataOption(CLI::App& command, std::string& data) {
  command
      .add_option("--data", data, "Folder that data files are relative to. Default: $ABLATE_DATA, or the experiment's folder")
      ->envname("ABLATE_DATA")
      ->type_name("FOLDER");
}

std::string DataFolder(const std::string& data, const std::string& spec_path) {
  return data.empty() ? ParentFolder(spec_path) : data;
}

void AddSettingsOption(CLI::App& command, std::vector<std::string>& settings) {
  command.add_option("--set", settings, "Set a field of every trial before the axes: --set training.steps=100. Repeatable")
      ->type_name("FIELD=VALUE")
      ->expected(1)
      ->take_all();
}

ExitCode Fail(ExitCode code, const absl::Status& status) {
  std::fflush(stdout);
  std::fprintf(stderr, "ablate: %s\n", std::string(status.message()).c_str());
  return code;
}

}  // namespace ablate::runner
