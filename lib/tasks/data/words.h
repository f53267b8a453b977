// WORDS: lower-cased words between white space; the vocabulary is made from training texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/tasks/data/tokenizer.h"

namespace ablate::tasks {

// Token ids: 0 [PAD], 1 [UNK], 2 [CLS], 3 [SEP], then words, the most frequent one first. Punctuation is not split off.
class Words : public Tokenizer {
 public:
  // The `max_words` most frequent words of `texts`; of equally frequent ones the first in the order of their bytes.
  Words(const std::vector<std::string_view>& texts, size_t max_words);

  void Append(std::string_view text, std::vector<int32_t>& tokens) const override;
  std::string Piece(int32_t token) const override;
  int vocabulary() const override;
  int32_t classify() const override { return 2; }
  int32_t separate() const override { return 3; }
  bool closes() const override { return false; }

 private:
  absl::flat_hash_map<std::string, int32_t> ids_;
};

}  // namespace ablate::tasks
