#include "lib/tasks/scores/words.h"

#include <cstdint>

#include "lib/tasks/data/unicode.h"

namespace ablate::tasks {

std::vector<std::string> PythonWords(std::string_view text) {
  std::vector<std::string> words;
  ForEachWord(text, [&](std::string_view word) {
    for (size_t end; (end = word.find_first_of("\x1C\x1D\x1E\x1F")) != std::string_view::npos; word.remove_prefix(end + 1)) {
      if (end > 0) words.emplace_back(word.substr(0, end));
    }
    if (!word.empty()) words.emplace_back(word);
  });
  return words;
}

}  // namespace ablate::tasks
