#include "lib/tasks/data/json_row.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/status/statusor.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"

namespace ablate::tasks {
namespace {

using nlohmann::json;

// The one place where the library's exceptions become Status.
absl::StatusOr<json> ParseLine(const std::string& path, int64_t line_number, std::string_view line) {
  try {
    return json::parse(line);
  } catch (const json::parse_error& error) {
    return RowError(path, line_number, fmt::format("broken JSON at byte {}: {}", error.byte, Quoted(line)));
  } catch (const json::exception& error) {
    return RowError(path, line_number, fmt::format("broken JSON: {}", error.what()));
  }
}

absl::StatusOr<const json*> Member(const std::string& path, int64_t line, const json& object, const std::string& name) {
  if (const auto found = object.find(name); found != object.end()) return &*found;
  std::vector<std::string> names;
  for (const auto& item : object.items()) names.push_back(item.key());
  return RowError(path, line, fmt::format("no member {}{}", Quoted(name), DidYouMean(name, names)));
}

absl::StatusOr<std::string> Text(const std::string& path, int64_t line, const json& object, const std::string& name) {
  ASSIGN_OR_RETURN(const json* const value, Member(path, line, object, name));
  if (const std::string* const text = value->get_ptr<const std::string*>()) return *text;
  return RowError(path, line, fmt::format("member {} is of type {}; a string is needed", Quoted(name), value->type_name()));
}

absl::StatusOr<std::string> Label(const std::string& path, int64_t line, const json& object, const std::string& name) {
  ASSIGN_OR_RETURN(const json* const value, Member(path, line, object, name));
  if (const std::string* const text = value->get_ptr<const std::string*>()) return *text;
  if (value->is_number_integer() || value->is_boolean()) return value->dump();
  return RowError(path, line,
                  fmt::format("member {} is {}; a string, an integer or a boolean is needed", Quoted(name),
                              value->is_number() ? value->dump() : value->type_name()));
}

absl::Status FileError(const std::string& path, std::string_view message) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", path, message));
}

}  // namespace

absl::Status ReadJsonRow(const std::string& path, const Columns& columns, std::string_view line, Row& row) {
  ASSIGN_OR_RETURN(const json object, ParseLine(path, row.line, line));
  if (!object.is_object()) return RowError(path, row.line, fmt::format("JSON {}; an object is needed", object.type_name()));
  ASSIGN_OR_RETURN(row.text, Text(path, row.line, object, columns.text));
  ASSIGN_OR_RETURN(row.label, Label(path, row.line, object, columns.label));
  if (!columns.second_text.empty()) {
    ASSIGN_OR_RETURN(row.second_text, Text(path, row.line, object, columns.second_text));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> JsonRecords(const std::string& path, const std::string& key,
                                                     std::string_view content) {
  const json whole = json::parse(content, nullptr, /*allow_exceptions=*/false);
  if (whole.is_discarded()) return FileError(path, "broken JSON");
  const json* list = &whole;
  if (!key.empty()) {
    if (!whole.is_object()) {
      return FileError(path, fmt::format("JSON {}; an object with the member {} is needed", whole.type_name(), Quoted(key)));
    }
    const auto found = whole.find(key);
    if (found == whole.end()) {
      std::vector<std::string> names;
      for (const auto& item : whole.items()) names.push_back(item.key());
      return FileError(
          path, fmt::format("no member {}; there are {}{}", Quoted(key), fmt::join(names, ", "), DidYouMean(key, names)));
    }
    list = &*found;
  }
  if (!list->is_array()) {
    return FileError(path, fmt::format("{} is of type {}; a list of records is needed",
                                       key.empty() ? "its JSON" : "member " + Quoted(key), list->type_name()));
  }
  std::vector<std::string> records;
  for (const json& record : *list) records.push_back(record.dump());
  return records;
}

}  // namespace ablate::tasks
