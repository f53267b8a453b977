#include "lib/attribution/word_maps.h"

namespace ablate::attribution {

std::vector<double> WordMap(const std::vector<double>& map, const std::vector<int32_t>& words, size_t count) {
  const size_t tokens = words.size();
  std::vector<double> sizes(count, 0), result(count * count, 0);
  for (const int32_t word : words) {
    if (word >= 0) ++sizes[static_cast<size_t>(word)];
  }
  for (size_t i = 0; i < tokens; ++i) {
    for (size_t j = 0; words[i] >= 0 && j < tokens; ++j) {
      if (words[j] < 0) continue;
      const auto from = static_cast<size_t>(words[i]), to = static_cast<size_t>(words[j]);
      result[from * count + to] += map[i * tokens + j] / sizes[from];
    }
  }
  return result;
}

}  // namespace ablate::attribution
