#include "lib/tasks/scores/distinct.h"

#include <cstdint>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_join.h"
#include "lib/tasks/scores/words.h"

namespace ablate::tasks {

double Distinct(const std::vector<std::string>& texts, int n) {
  absl::flat_hash_set<std::string> different;
  int64_t all = 0;
  for (const std::string& text : texts) {
    const std::vector<std::string> words = PythonWords(text);
    for (size_t start = 0; start + n <= words.size(); ++start, ++all) {
      different.insert(absl::StrJoin(words.begin() + start, words.begin() + start + n, " "));
    }
  }
  return all == 0 ? 0 : static_cast<double>(different.size()) / static_cast<double>(all);
}

}  // namespace ablate::tasks
