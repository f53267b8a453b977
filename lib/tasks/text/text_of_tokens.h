// From token ids back to text: what was generated, as scores and people read it. Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ablate::tasks {

class TextOfTokens {
 public:
  virtual ~TextOfTokens() = default;

  // `tokens` without begin and end; ids of padding, begin and end give nothing, unknown ones a mark of their own.
  virtual std::string Text(const std::vector<int32_t>& tokens) const = 0;
};

}  // namespace ablate::tasks
