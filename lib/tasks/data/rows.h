// Rows of labelled texts from a file: tab-separated values (`.tsv`), JSON lines (`.jsonl`) or JSON (`.json`), each also with
// `.gz`.
// * TSV: the first line names the columns. Cells are taken as they are, or, in a quoted format, as spreadsheets write them: a
// cell
//   that starts with a double quote may hold tabs and line ends. Lines end in LF or CR LF.
// * JSON lines: each line is an object; texts are strings, labels strings, integers or booleans. Other members are ignored.
// * JSON (`.json`): one list of such objects, or an object with a member that is one; a row's line is its number in the list.
// A byte order mark at the start is skipped. At most 2 GiB after decompression, 1 MiB a row.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/data/row.h"

namespace ablate::tasks {

// All rows, without those of the ignored label. NotFound if the file is missing; InvalidArgument on a name that ends in no
// known format, on a missing column and on a file without rows; DataLoss on broken gzip data. Bad rows are `bad`'s to judge, as
// "path:line: what was seen, what is allowed": a wrong number of cells, a quote that is not closed, broken JSON, an empty text
// or label, bytes that are not UTF-8 (all InvalidArgument), and OutOfRange on what is too long.
absl::StatusOr<std::vector<Row>> ReadRows(const std::string& path, const RowFormat& format, BadRows& bad);

// ReadRows' errors as far as the header shows them, and, where cells are not quoted, the first row; reads no more than these,
// but all of a file .json.
absl::Status CheckFirstRows(const std::string& path, const RowFormat& format, BadRows& bad);

}  // namespace ablate::tasks
