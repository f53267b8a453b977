// One line of a JSON-lines file, or one record of a list in a JSON file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/data/row.h"

namespace ablate::tasks {

// Fills row's texts and label; row.line is set already and serves the message.
absl::Status ReadJsonRow(const std::string& path, const Columns& columns, std::string_view line, Row& row);

// The records, each as a line, of the list that `content` is, or that its member `key` is. InvalidArgument on anything else.
absl::StatusOr<std::vector<std::string>> JsonRecords(const std::string& path, const std::string& key, std::string_view content);

}  // namespace ablate::tasks
