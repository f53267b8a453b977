// One line of a JSON-lines file.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "lib/tasks/data/row.h"

namespace ablate::tasks {

// Fills row's texts and label; row.line is set already and serves the message.
absl::Status ReadJsonRow(const std::string& path, const Columns& columns, std::string_view line, Row& row);

}  // namespace ablate::tasks
