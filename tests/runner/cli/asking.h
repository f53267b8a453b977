// Runs the asking verbs inside the test, as main.cc would.
#pragma once

#include <string>
#include <vector>

namespace ablate::runner {

struct Answer {
  int code = 0;
  std::string out, err;
};

// `words` without the program's name: {"query", "leaderboard"}.
Answer Ask(const std::vector<std::string>& words);

// As a shell would split the line: words in single or double quotes, no escapes.
std::vector<std::string> Words(const std::string& line);

}  // namespace ablate::runner
