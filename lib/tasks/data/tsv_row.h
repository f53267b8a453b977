// Lines of a TSV file: the header and the rows.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/data/row.h"

namespace ablate::tasks {

// Where the columns stand in a line, from 0; second_text is -1 where there is none.
struct TsvColumns {
  int count = 0;
  int text = 0;
  int second_text = -1;
  int label = 0;
  bool quoted = false;  // as RowFormat's
};

// InvalidArgument names the columns that there are.
absl::StatusOr<TsvColumns> ReadTsvHeader(const std::string& path, const RowFormat& format, std::string_view line);

// Fills row's texts and label; row.line is set already and serves the message.
absl::Status ReadTsvRow(const std::string& path, const TsvColumns& columns, std::string_view text, Row& row);

// Where the first row of `content` ends, whose cells may be quoted: the place of its line end, or npos. A quote that is never
// closed hides no line end.
size_t EndOfQuotedRow(std::string_view content);

}  // namespace ablate::tasks
