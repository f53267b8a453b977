// Code points, as tokenizers need them. All text is valid UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ablate::tasks {

// The code point that starts at `offset`, which then is moved behind it.
int32_t NextCodePoint(std::string_view text, size_t& offset);

void AppendUtf8(int32_t code_point, std::string& text);

// Code point by code point: Unicode's simple mapping.
std::string LowerCase(std::string_view text);

// Unicode's property White_Space.
bool IsWhiteSpace(int32_t code_point);

// Calls word(text) for each run between white space.
template <typename Word>
void ForEachWord(std::string_view text, const Word& word) {
  size_t start = 0;
  for (size_t offset = 0; offset < text.size();) {
    const size_t before = offset;
    if (!IsWhiteSpace(NextCodePoint(text, offset))) continue;
    if (before > start) word(text.substr(start, before - start));
    start = offset;
  }
  if (start < text.size()) word(text.substr(start));
}

}  // namespace ablate::tasks
