#include "analysis/terminal_text.h"

#include <utf8proc.h>

#include <algorithm>

#include "fmt/format.h"

namespace ablate::analysis {
namespace {

struct CodePoint {
  int32_t value;  // -1: a byte that starts no valid sequence
  size_t bytes;
};

CodePoint Next(std::string_view text) {
  int32_t value = -1;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const utf8proc_ssize_t length = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &value);
  if (length <= 0) return {-1, 1};
  return {value, static_cast<size_t>(length)};
}

// A letter with the marks that combine with it.
struct Cluster {
  std::string_view text;
  int width;
};

Cluster NextCluster(std::string_view text) {
  const CodePoint first = Next(text);
  Cluster cluster{text.substr(0, first.bytes), first.value < 0 ? 1 : std::max(utf8proc_charwidth(first.value), 0)};
  while (cluster.text.size() < text.size() && text[cluster.text.size()] != '\n') {
    const CodePoint next = Next(text.substr(cluster.text.size()));
    if (next.value < 0 || utf8proc_charwidth(next.value) > 0) break;
    cluster.text = text.substr(0, cluster.text.size() + next.bytes);
  }
  return cluster;
}

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Whether a line may end behind the cluster `before` when `after` follows.
bool BreaksBehind(std::string_view before, std::string_view after) {
  if (before == ".") return !after.empty() && IsLetter(after[0]);
  return before.size() == 1 && std::string_view("_/,;:=-|").find(before[0]) != std::string_view::npos;
}

// Bytes of `text`, which has no '\n', that go on the next line.
size_t LineLength(std::string_view text, int width) {
  size_t used = 0, last_space = 0, last_mark = 0;
  int columns = 0;
  while (used < text.size()) {
    const Cluster cluster = NextCluster(text.substr(used));
    if (columns + cluster.width > width && used > 0) {
      if (cluster.text == " ") return used;
      return last_space > 0 ? last_space : last_mark > 0 ? last_mark : used;
    }
    used += cluster.text.size();
    columns += cluster.width;
    if (cluster.text == " ") last_space = used;
    if (BreaksBehind(cluster.text, text.substr(used))) last_mark = used;
  }
  return used;
}

void WrapParagraph(std::string_view text, int width, std::vector<std::string>* lines) {
  do {
    const size_t length = LineLength(text, width);
    std::string_view line = text.substr(0, length);
    text.remove_prefix(length);
    const bool broken = !text.empty();
    while (broken && !line.empty() && line.back() == ' ') line.remove_suffix(1);
    while (broken && !text.empty() && text.front() == ' ') text.remove_prefix(1);
    lines->emplace_back(line);
  } while (!text.empty());
}

}  // namespace

bool ActsOnTerminal(int32_t c) {
  const bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
  const bool separator_or_direction = c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E);
  return control || separator_or_direction || (c >= 0x2066 && c <= 0x2069);
}

std::string EscapeControls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint next = Next(text);
    if (next.value < 0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (next.value == '\t') {
      out += "\\t";
    } else if (next.value != '\n' && ActsOnTerminal(next.value)) {
      out += next.value < 0x100 ? fmt::format("\\x{:02x}", next.value) : fmt::format("\\u{:04x}", next.value);
    } else {
      out += text.substr(0, next.bytes);
    }
    text.remove_prefix(next.bytes);
  }
  return out;
}

int DisplayWidth(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    const Cluster cluster = NextCluster(text);
    columns += cluster.width;
    text.remove_prefix(cluster.text.size());
  }
  return columns;
}

std::vector<std::string> WrapText(std::string_view text, int width) {
  width = std::max(width, 2);  // a wide character must fit
  std::vector<std::string> lines;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    WrapParagraph(text.substr(begin, end - begin), width, &lines);
    begin = end + 1;
  }
  return lines;
}

int LongestPiece(std::string_view text) {
  int longest = 0, columns = 0;
  while (!text.empty()) {
    const Cluster cluster = NextCluster(text);
    const bool space = cluster.text == " " || cluster.text == "\n";
    columns = space ? 0 : columns + cluster.width;
    longest = std::max(longest, columns);
    text.remove_prefix(cluster.text.size());
    if (BreaksBehind(cluster.text, text)) columns = 0;
  }
  return longest;
}

}  // namespace ablate::analysis
