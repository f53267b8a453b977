// One row of a data file, and how messages speak of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace ablate::tasks {

// Names of the columns, or of the JSON members, that are read.
struct Columns {
  std::string text;
  std::string second_text;  // empty: there is none
  std::string label;
};

struct Row {
  int64_t line = 0;  // counted from 1
  std::string text;
  std::string second_text;  // empty where columns.second_text is
  std::string label;
};

// The error of one row: "path:line: message".
absl::Status RowError(const std::string& path, int64_t line, std::string_view message);

// For messages: in quotes, without control characters, cut after 60 bytes.
std::string Quoted(std::string_view text);

}  // namespace ablate::tasks
