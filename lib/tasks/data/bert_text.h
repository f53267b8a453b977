// What BERT's uncased tokenizer does to text before it looks for pieces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ablate::tasks {

// Control and format characters, U+0000 and U+FFFD dropped; white space to ' '; spaces around CJK ideographs; canonical
// decomposition without nonspacing marks; lower case.
std::string BertNormalize(std::string_view text);

// ASCII's punctuation and symbols, and Unicode's categories P*.
bool IsBertPunctuation(int32_t code_point);

}  // namespace ablate::tasks
