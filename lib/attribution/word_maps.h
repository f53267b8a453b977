// From maps between tokens to maps between words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ablate::attribution {

// [words, words] from a map [tokens, tokens]; words[i]: the word of token i, -1 for none. To a word of several tokens: the sum;
// from one: the mean (Clark et al. 2019, arXiv:1906.04341). Tokens of no word are left out, as rows and as columns.
std::vector<double> WordMap(const std::vector<double>& map, const std::vector<int32_t>& words, size_t count);

}  // namespace ablate::attribution
