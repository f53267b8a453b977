// Rows of labelled texts from a file: tab-separated values (`.tsv`) or JSON lines (`.jsonl`), each also with `.gz`.
// * TSV: the first line names the columns. Cells are taken as they are: no quoting, no escapes. Lines end in LF or CR LF.
// * JSON lines: each line is an object; texts are strings, labels strings, integers or booleans. Other members are ignored.
// A byte order mark at the start is skipped. At most 2 GiB after decompression, 1 MiB a line.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/data/row.h"

namespace ablate::tasks {

// All rows. NotFound if the file is missing. InvalidArgument "path:line: what was seen, what is allowed" on a name that ends
// in no known format, a missing column, a wrong number of cells, broken JSON, an empty text or label, bytes that are not UTF-8,
// and on a file without rows. OutOfRange on what is too long, DataLoss on broken gzip data.
absl::StatusOr<std::vector<Row>> ReadRows(const std::string& path, const Columns& columns);

// ReadRows' errors as far as the first rows show them; reads no more than these.
absl::Status CheckFirstRows(const std::string& path, const Columns& columns);

}  // namespace ablate::tasks
