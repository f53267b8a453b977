#include "lib/tasks/data/unicode.h"

#include <utf8proc.h>

namespace ablate::tasks {

int32_t NextCodePoint(std::string_view text, size_t& offset) {
  const auto byte = [&] { return static_cast<unsigned char>(text[offset++]); };
  const int32_t first = byte();
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  int32_t code_point = first & (0x3F >> more);
  for (int i = 0; i < more; ++i) code_point = code_point << 6 | (byte() & 0x3F);
  return code_point;
}

void AppendUtf8(int32_t code_point, std::string& text) {
  const auto continuation = [&](int shift) { text.push_back(static_cast<char>(0x80 | (code_point >> shift & 0x3F))); };
  if (code_point < 0x80) {
    text.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    text.push_back(static_cast<char>(0xC0 | code_point >> 6));
    continuation(0);
  } else if (code_point < 0x10000) {
    text.push_back(static_cast<char>(0xE0 | code_point >> 12));
    continuation(6);
    continuation(0);
  } else {
    text.push_back(static_cast<char>(0xF0 | code_point >> 18));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

std::string LowerCase(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  for (size_t offset = 0; offset < text.size();) AppendUtf8(utf8proc_tolower(NextCodePoint(text, offset)), lower);
  return lower;
}

bool IsWhiteSpace(int32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

}  // namespace ablate::tasks
