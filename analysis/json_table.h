// JSON and JSON lines. See analysis/table.h for what becomes of NULL, NaN and odd text.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analysis/table.h"

namespace ablate::analysis {

// A JSON string with its quotes. Controls and marks of writing direction are escaped, so it can be shown in a terminal.
std::string JsonString(std::string_view text);

// A JSON value: a number with all digits, a string or null.
std::string JsonValue(const store::Value& value);

// One object a line. Columns of one name get "_2", "_3" behind it.
class JsonLinesTable : public TableWriter {
 public:
  void Begin(const std::vector<std::string>& columns, std::string* out) override;
  void Row(const std::vector<store::Value>& values, std::string* out) override;
  void End(std::string*) override {}

 protected:
  std::string Object(const std::vector<store::Value>& values) const;

 private:
  std::vector<std::string> keys_;  // as JSON strings
};

// {"context": {...}, "rows": [...]}
class JsonTable : public JsonLinesTable {
 public:
  explicit JsonTable(std::vector<std::pair<std::string, std::string>> context) : context_(std::move(context)) {}
  void Begin(const std::vector<std::string>& columns, std::string* out) override;
  void Row(const std::vector<store::Value>& values, std::string* out) override;
  void End(std::string* out) override;

 private:
  const std::vector<std::pair<std::string, std::string>> context_;
  bool first_ = true;
};

}  // namespace ablate::analysis
