// From text to token ids.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ablate::tasks {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Appends the tokens of `text` (valid UTF-8), without [CLS] and [SEP].
  virtual void Append(std::string_view text, std::vector<int32_t>& tokens) const = 0;

  // The token as people read it; "#7" where there is no text for it.
  virtual std::string Piece(int32_t token) const { return "#" + std::to_string(token); }

  // Token ids lie in [0, vocabulary()); 0 is padding.
  virtual int vocabulary() const = 0;
  virtual int32_t classify() const = 0;  // [CLS]
  virtual int32_t separate() const = 0;  // [SEP]
  // Whether an example's last text ends in [SEP] too, as BERT's does.
  virtual bool closes() const = 0;
};

}  // namespace ablate::tasks
