// Words as Python's str.split() finds them, which the public scores are defined with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ablate::tasks {

// `text` is valid UTF-8. Splits at Unicode's white space and, as Python does, at U+001C to U+001F.
std::vector<std::string> PythonWords(std::string_view text);

}  // namespace ablate::tasks
