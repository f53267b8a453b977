// One row of a data file, and how messages speak of it.
#pragma once

#include <cstddef>
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

struct RowFormat {
  Columns columns;
  bool quoted = false;             // TSV: a cell that starts with a double quote ends at the next one; "" inside stands for one
  std::string ignored_label = "";  // rows with it are left out; empty: none is
  std::string json_key = "";       // of a file .json: the member that is the list of rows; empty: the whole is
};

struct Row {
  int64_t line = 0;  // counted from 1
  std::string text;
  std::string second_text;  // empty where columns.second_text is
  std::string label;
};

// The error of one row: "path:line: message".
absl::Status RowError(const std::string& path, int64_t line, std::string_view message);

inline constexpr size_t kMaxRowBytes = size_t{1} << 20;

// `text` starts on `line`. InvalidArgument, with the place, on bytes that are not UTF-8; OutOfRange above kMaxRowBytes.
absl::Status CheckRowText(const std::string& path, int64_t line, std::string_view text);

// What becomes of rows that can't be used: the first is the error of all, or they are left out and counted.
class BadRows {
 public:
  explicit BadRows(bool skip) : skip_(skip) {}

  // OK where the row is to be left out.
  absl::Status Meet(absl::Status error);

  int64_t count() const { return count_; }
  const std::string& first() const { return first_; }  // message of the first one

 private:
  const bool skip_;
  int64_t count_ = 0;
  std::string first_;
};

// For messages: in quotes, without control characters, cut after 60 bytes.
std::string Quoted(std::string_view text);

}  // namespace ablate::tasks
