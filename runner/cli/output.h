// How the asking verbs print their rows: the options --format and --width, and standard output.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "analysis/table.h"
#include "lib/store/reader.h"
#include "runner/cli/command_line.h"

namespace ablate::runner {

struct Output {
  std::string format = "table";
  int width = 0;  // 0: the terminal's, 80 where there is none
};

// --format table|csv|tsv|json|jsonl|markdown|latex and --width N.
void AddOutputOptions(VerbOptions verb, Output& output);
void AddWidthOption(VerbOptions verb, Output& output);  // --width alone

// Prints rows as they come, so that a result need not fit in memory.
class Printer {
 public:
  // `context` goes into JSON.
  Printer(const Output& output, std::vector<std::pair<std::string, std::string>> context);

  void Begin(const std::vector<std::string>& columns);
  bool Row(const std::vector<store::Value>& values);  // false: standard output takes no more
  // Unavailable if something could not be written: a full disk, a closed pipe.
  absl::Status End();

 private:
  void Flush();
  std::unique_ptr<analysis::TableWriter> writer_;
  std::string waiting_;
  int error_ = 0;  // errno of the first write that failed
};

// Prints a whole table.
absl::Status Print(const store::Table& table, const Output& output, std::vector<std::pair<std::string, std::string>> context);

// Prints text as it is.
absl::Status PrintText(const std::string& text);

bool IsTable(const Output& output);

// Formats that people read: table, markdown, latex. Verbs with a table of their own for them round it.
bool IsForPeople(const Output& output);

// Columns to print in.
int OutputWidth(const Output& output);

}  // namespace ablate::runner
