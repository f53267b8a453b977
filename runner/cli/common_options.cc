#include "runner/cli/common_options.h"

#include <cstdio>
#include <string>

#include "lib/base/files.h"

namespace ablate::runner {

void AddDatabaseOption(VerbOptions verb, std::string& database) {
  database = "results.db";
  verb.Add("--db", database, "Results database. Default: $ABLATE_DB, or results.db in the working folder")
      .Environment("ABLATE_DB")
      .Type("FILE");
}

void AddDataOption(VerbOptions verb, std::string& data) {
  verb.Add("--data", data, "Folder that data files are relative to. Default: $ABLATE_DATA, or the experiment's folder")
      .Environment("ABLATE_DATA")
      .Type("FOLDER");
}

std::string DataFolder(const std::string& data, const std::string& spec_path) {
  return data.empty() ? ParentFolder(spec_path) : data;
}

void AddSettingsOption(VerbOptions verb, std::vector<std::string>& settings) {
  verb.Add("--set", settings, "Set a field of every trial before the axes: --set training.steps=100. Repeatable")
      .Type("FIELD=VALUE");
}

ExitCode Fail(ExitCode code, const absl::Status& status) {
  std::fflush(stdout);
  std::fprintf(stderr, "ablate: %s\n", std::string(status.message()).c_str());
  return code;
}

}  // namespace ablate::runner
