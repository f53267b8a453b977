#include "lib/tasks/data/bert_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <vector>

#include "lib/tasks/data/unicode.h"

namespace ablate::tasks {
namespace {

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool IsDropped(int32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  if (c == 0xFFFD) return true;
  const utf8proc_category_t category = utf8proc_category(c);
  return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_CO;
}

// The blocks that BERT calls Chinese characters: unified ideographs, their extensions A-E, compatibility ideographs.
bool IsIdeograph(int32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B820 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

std::string NormalizeAscii(std::string_view text) {
  std::string normal;
  normal.reserve(text.size());
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') {
      normal.push_back(static_cast<char>(c - 'A' + 'a'));
    } else if (c == '\t' || c == '\n' || c == '\r') {
      normal.push_back(' ');
    } else if (c >= ' ' && c < 0x7F) {
      normal.push_back(c);
    }
  }
  return normal;
}

// Canonical decomposition, marks in canonical order.
std::vector<int32_t> Decompose(const std::string& text) {
  constexpr auto kOptions = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
  const auto* const bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto size = static_cast<utf8proc_ssize_t>(text.size());
  std::vector<int32_t> code_points(std::max<utf8proc_ssize_t>(utf8proc_decompose(bytes, size, nullptr, 0, kOptions), 0));
  utf8proc_decompose(bytes, size, code_points.data(), static_cast<utf8proc_ssize_t>(code_points.size()), kOptions);
  return code_points;
}

}  // namespace

std::string BertNormalize(std::string_view text) {
  if (IsAscii(text)) return NormalizeAscii(text);
  std::string clean;
  for (size_t offset = 0; offset < text.size();) {
    const int32_t c = NextCodePoint(text, offset);
    if (IsDropped(c)) continue;
    if (IsIdeograph(c)) clean.push_back(' ');
    AppendUtf8(IsWhiteSpace(c) ? ' ' : c, clean);
    if (IsIdeograph(c)) clean.push_back(' ');
  }
  std::string normal;
  for (const int32_t c : Decompose(clean)) {
    if (utf8proc_category(c) != UTF8PROC_CATEGORY_MN) AppendUtf8(utf8proc_tolower(c), normal);
  }
  return normal;
}

bool IsBertPunctuation(int32_t c) {
  if (c < 0x80) return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
  const utf8proc_category_t category = utf8proc_category(c);
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

}  // namespace ablate::tasks
