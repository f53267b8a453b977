// From text to token ids.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ablate::tasks {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Appends the tokens of `text` (valid UTF-8), without [CLS] and [SEP].
  virtual void Append(std::string_view text, std::vector<int32_t>& tokens) const = 0;

  // Token ids lie in [0, vocabulary()); 0 is padding.
  virtual int vocabulary() const = 0;
  virtual int32_t classify() const = 0;  // [CLS]
  virtual int32_t separate() const = 0;  // [SEP]
  // Whether an example's last text ends in [SEP] too, as BERT's does.
  virtual bool closes() const = 0;
};

}  // namespace ablate::tasks
