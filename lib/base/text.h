// Small helpers for messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ablate {

// The candidate with the smallest edit distance to `word`, or "" if none is near (a third of the word's length, at least 1).
std::string NearestName(std::string_view word, const std::vector<std::string>& candidates);

// "; did you mean \"entmax\"?" or "".
std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates);

// The shortest decimal that reads back as the same double; "nan", "inf", "-inf".
std::string ShortestNumber(double value);

// Whether the bytes are valid UTF-8; `bad_offset`, if given, gets the place of the first that is not.
bool IsUtf8(std::string_view bytes, size_t* bad_offset = nullptr);

}  // namespace ablate
