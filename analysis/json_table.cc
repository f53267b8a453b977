#include "analysis/json_table.h"

#include <utf8proc.h>

#include <cmath>
#include <cstdint>
#include <set>
#include <variant>

#include "analysis/terminal_text.h"
#include "fmt/format.h"
#include "lib/base/text.h"

namespace ablate::analysis {
namespace {

std::string JsonCharacter(int32_t c, std::string_view bytes) {
  if (c == '"' || c == '\\') return fmt::format("\\{}", bytes);
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  return ActsOnTerminal(c) ? fmt::format("\\u{:04x}", c) : std::string(bytes);
}

}  // namespace

std::string JsonString(std::string_view text) {
  std::string json = "\"";
  while (!text.empty()) {
    int32_t c = -1;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    const utf8proc_ssize_t length = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &c);
    json += length > 0 ? JsonCharacter(c, text.substr(0, length)) : "\uFFFD";
    text.remove_prefix(length > 0 ? length : 1);
  }
  return json + "\"";
}

std::string JsonValue(const store::Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return fmt::format("{}", *integer);
  if (const auto* text = std::get_if<std::string>(&value)) return JsonString(*text);
  const auto* real = std::get_if<double>(&value);
  if (real == nullptr) return "null";
  if (std::isnan(*real)) return "\"NaN\"";
  if (std::isinf(*real)) return *real > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  return ShortestNumber(*real);
}

void JsonLinesTable::Begin(const std::vector<std::string>& columns, std::string*) {
  std::set<std::string> taken;
  for (const std::string& column : columns) {
    std::string key = column;
    for (int n = 2; !taken.insert(key).second; ++n) key = fmt::format("{}_{}", column, n);
    keys_.push_back(JsonString(key));
  }
}

std::string JsonLinesTable::Object(const std::vector<store::Value>& values) const {
  std::string json = "{";
  for (size_t i = 0; i < keys_.size(); ++i) json += fmt::format("{}{}: {}", i > 0 ? ", " : "", keys_[i], JsonValue(values[i]));
  return json + "}";
}

void JsonLinesTable::Row(const std::vector<store::Value>& values, std::string* out) { *out += Object(values) + "\n"; }

void JsonTable::Begin(const std::vector<std::string>& columns, std::string* out) {
  JsonLinesTable::Begin(columns, out);
  *out += "{\"context\": {";
  for (size_t i = 0; i < context_.size(); ++i) {
    *out += fmt::format("{}{}: {}", i > 0 ? ", " : "", JsonString(context_[i].first), JsonString(context_[i].second));
  }
  *out += "},\n\"rows\": [";
}

void JsonTable::Row(const std::vector<store::Value>& values, std::string* out) {
  *out += (first_ ? "\n  " : ",\n  ") + Object(values);
  first_ = false;
}

void JsonTable::End(std::string* out) { *out += first_ ? "]}\n" : "\n]}\n"; }

}  // namespace ablate::analysis
